package dev.slablab.bench;

import module java.base;
import dev.slablab.bench.cli.*;

/** The lab's command line: the launcher runs this class in a JVM that has the flags it needs. */
public final class Main {
  private Main() {}

  /** Runs a command and exits: 0 ok, 1 regression, 2 usage, failed cells or output, 3 inconclusive, 130 interrupted. */
  public static void main(String[] args) {
    Charset charset = Charset.defaultCharset();
    int status = run(new PrintWriter(System.out, true, charset), new PrintWriter(System.err, true, charset), args);
    System.exit(status);
  }

  /** Runs a command, results to {@code out}, the rest to {@code err}; gives the exit status, 2 for 0 if out fails. */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    int status = args.length == 0 || LabCommand.knows(args[0]) ? LabCommand.run(out, err, args)
        : JmhCommand.run(out, err, args);
    int failed = !out.checkError() ? 0 : LabCommand.fail(err, "standard output: cannot be written, its disk is full or"
        + " its reader has gone; send it elsewhere");
    return status == 0 ? failed : status;
  }
}
