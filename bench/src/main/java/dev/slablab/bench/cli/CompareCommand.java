package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.sweep.Compare;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.CommandSpec;

/** {@code compare}: an old and a new run. */
@Command(name = "compare", description = "Compares two runs of the same cells, an old one and a new one. Exit status 1:"
    + " a cell is slower, 3: one is undecided or missing.")
final class CompareCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "A", description = "Folder of the old run.")
  private Path before = Path.of("");

  @Parameters(index = "1", paramLabel = "B", description = "Folder of the new run.")
  private Path after = Path.of("");

  @Override
  public Integer call() throws IOException {
    return Compare.run(before, after, spec.commandLine().getOut());
  }
}
