/** What is known of the computer and the JVM: a fixed list of facts, no dump of the environment. */
@NullMarked
package dev.slablab.bench.machine;

import org.jspecify.annotations.NullMarked;
