/** The performance goals as claims, and the interleaved run that decides them. */
@NullMarked
package dev.slablab.bench.goals;

import org.jspecify.annotations.NullMarked;
