/** What is inside a benchmark's time: async-profiler in one fork, flame graphs, shares that can be asserted. */
@NullMarked
package dev.slablab.bench.inspect;

import org.jspecify.annotations.NullMarked;
