/** The command line: JMH's own, and the subcommands beside it. */
@NullMarked
package dev.slablab.bench.cli;

import org.jspecify.annotations.NullMarked;
