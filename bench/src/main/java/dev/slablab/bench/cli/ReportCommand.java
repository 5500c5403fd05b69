package dev.slablab.bench.cli;

import module java.base;
import dev.slablab.bench.report.Report;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.*;
import picocli.CommandLine.Model.CommandSpec;

/** {@code report}: a page of a folder's results. */
@Command(name = "report", description = "Writes one HTML page of a folder of results: charts with intervals and every"
    + " fork, tables beside them. It loads nothing from anywhere.")
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "Folder of a run, or of several.")
  private Path folder = Path.of("");

  @Option(names = "--out", paramLabel = "FILE", description = "The page (default: report.html in DIR).")
  private @Nullable Path out;

  @Option(names = "--baseline", paramLabel = "SUBJECT", defaultValue = "", description = "What the others are divided"
      + " by (default: what the run compared with).")
  private String baseline = "";

  @Option(names = "--svg", paramLabel = "FILE", description = "Instead of the page a picture of all these ratios.")
  private @Nullable Path svg;

  @Override
  public Integer call() throws IOException {
    Path page = svg != null ? svg : out != null ? out : folder.resolve("report.html");
    (svg != null ? Report.picture(folder, page, baseline) : Report.write(folder, page, baseline))
        .forEach(spec.commandLine().getErr()::println);
    spec.commandLine().getOut().println("file: " + page.toAbsolutePath());
    return 0;
  }
}
