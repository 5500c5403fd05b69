/** From figures to statements: ratios with intervals, verdicts, tables. */
@NullMarked
package dev.slablab.bench.report;

import org.jspecify.annotations.NullMarked;
