/**
 * The benchmarks: each class asks one question, and its text is the experiment – question, hypothesis, baseline in the
 * same class, what would refute the hypothesis, and the command.
 *
 * <p>Common rules: objects live in tables of {@code @State} and are named by slot; nothing is set up per invocation;
 * one allocator per fork; drivers allocate nothing; every fork proves its own work outside the timed part and throws if
 * the allocator gave out memory twice or its accounts are wrong. Every tunable is a parameter under its own name.
 */
@NullMarked
package dev.slablab.bench.suite;

import org.jspecify.annotations.NullMarked;
