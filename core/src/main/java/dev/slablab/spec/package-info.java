/**
 * The leaf: what a caller says and is told – specifications, modes, tunables, hooks, errors, statistics, time.
 *
 * <p>Records, enums and small interfaces without mechanism; every layer may use them, they use none.
 */
@NullMarked
package dev.slablab.spec;

import org.jspecify.annotations.NullMarked;
