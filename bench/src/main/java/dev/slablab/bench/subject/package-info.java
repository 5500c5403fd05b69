/**
 * The allocators under test behind one interface: {@link dev.slablab.bench.subject.Subject}.
 *
 * <p>A subject keeps its live objects in a table of its own, so that a driver works with slot numbers only: no boxing,
 * no garbage of the driver's, one type of subject per fork. Each peer is run the way its own documentation says it is
 * fastest; every adapter says how.
 */
@NullMarked
package dev.slablab.bench.subject;

import org.jspecify.annotations.NullMarked;
