package dev.slablab.bench.replay;

import module java.base;
import com.google.gson.Gson;
import dev.slablab.bench.replay.Steps.Checking;
import dev.slablab.bench.subject.*;
import io.netty.util.internal.PlatformDependent;
import org.apache.commons.math3.stat.StatUtils;

/** The main class of a fork: one subject, one job, one line of result. */
public final class ReplayFork {
  public static final String RESULT = "result ";
  static final String PROGRESS = "progress ";
  static final String ERROR = "error ";

  private ReplayFork() {}

  /** Runs a job (JSON, the subject, whether memory is measured, not time, the trace) and exits: 0, 1 if it failed. */
  public static void main(String[] args) {
    int status = 0;
    try {
      Job job = new Gson().fromJson(args[0], Job.class);
      SubjectKind subject = SubjectKind.valueOf(args[1]);
      Trace trace = Trace.load(Path.of(args[3]));
      Map<String, Object> result = Boolean.parseBoolean(args[2])
          ? MemoryPass.run(job, trace, subject, ReplayFork::progress) : time(job, trace, subject, ReplayFork::progress);
      if (subject.name().startsWith("NETTY")) {
        result.put("nettyUnsafe", PlatformDependent.hasUnsafe());
      }
      System.out.println(RESULT + new Gson().toJson(result));
    } catch (Throwable e) { // whatever it is, the parent must tell it
      System.out.println(ERROR + String.valueOf(e.getMessage()).lines().findFirst().orElse("")
          + (e instanceof IllegalStateException ? "" : " (" + e.getClass().getSimpleName() + ")"));
      status = 1;
    }
    System.exit(status);
  }

  private static void progress(String text) {
    System.out.println(PROGRESS + text);
  }

  private static Map<String, Object> time(Job job, Trace trace, SubjectKind subject, Consumer<String> progress) {
    Map<String, Object> result = new LinkedHashMap<>();
    progress.accept("checking");
    try (Subject blocks = subject.open(trace.shape())) {
      result.put("classes", check(trace, blocks, job.concurrent()));
    }
    double[] nanos = new double[job.passes()];
    try (Subject blocks = subject.open(trace.shape())) {
      for (int pass = -job.warmUp(); pass < nanos.length; pass++) {
        long all = new Replayer(trace, job.concurrent(), Steps.timing(trace, blocks)).run();
        if (pass >= 0) {
          nanos[pass] = (double) all / trace.recorded;
        }
        progress.accept("pass " + (pass + job.warmUp() + 1) + "/" + (job.warmUp() + nanos.length));
      }
      Steps.checkAllFreed(trace, blocks);
    }
    result.put("passes", nanos);
    result.put("nsPerOp", StatUtils.percentile(nanos, 50));
    return result;
  }

  /** The checking pass; gives usable bytes, requests, requested bytes of each class. */
  static List<List<Long>> check(Trace trace, Subject blocks, boolean concurrent) {
    Checking checking = new Checking(trace, blocks);
    long _ = new Replayer(trace, concurrent, checking).run();
    Steps.checkAllFreed(trace, blocks);
    List<List<Long>> classes = new ArrayList<>();
    checking.classes().forEach((usable, served) ->
        classes.add(List.of(usable, served.requests().sum(), served.bytes().sum())));
    return classes;
  }
}
