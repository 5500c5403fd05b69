package dev.slablab.bench.replay;

import module java.base;
import dev.slablab.bench.machine.Proc;
import dev.slablab.bench.subject.*;

/**
 * Samples live and resident bytes through a trace, at equal numbers of events, and for the peak whenever live bytes
 * have grown by a twentieth. Resident are the pages of the allocator's own mappings where it can name them (Slablab:
 * its reserved range); else by how much the anonymous memory of the process has grown since the workers stood ready,
 * in a JVM whose own does not grow (see {@link ForkProcess}). Concurrent, live bytes are counted behind the event they
 * belong to, so that resident ones run ahead by what the threads have under way.
 */
final class MemoryPass {
  private static final int SAMPLES = 200;

  /**
   * A moment.
   *
   * @param event how many events were done
   * @param live bytes asked for and not freed
   * @param resident bytes; negative where the subject's memory is the JVM's own
   * @param regular false for those in between, which count for the peak only
   */
  private record Sample(long event, long live, long resident, boolean regular) {}

  private final Trace trace;
  private final LongSupplier resident;
  private final IntConsumer inner;
  private final long every;
  private final List<Sample> samples = new ArrayList<>();
  private final AtomicLong live = new AtomicLong();
  private final AtomicLong done = new AtomicLong();
  private final AtomicLong peakLive = new AtomicLong();
  private volatile long mostSampled;

  private MemoryPass(Trace trace, LongSupplier resident, IntConsumer inner) {
    this.trace = trace;
    this.resident = resident;
    this.inner = inner;
    every = Math.max(1, trace.recorded / SAMPLES);
  }

  /**
   * Measures. What the replay itself takes is tried first, without an allocator: its mean growth is taken off, the rest
   * is the error. A tiny trace before that loads and links what the subject needs, which in a JVM is memory too.
   */
  static Map<String, Object> run(Job job, Trace trace, SubjectKind subject, Consumer<String> progress)
      throws InterruptedException {
    boolean concurrent = job.concurrent();
    Trace tiny = Synthetic.tiny();
    try (Subject blocks = subject.open(tiny.shape())) {
      var _ = new MemoryPass(tiny, Proc::anonymous, Steps.timing(tiny, blocks)).pass(concurrent);
      blocks.outside().reap().run();
    }
    progress.accept("without an allocator");
    var _ = new MemoryPass(trace, () -> 0, event -> { }).pass(concurrent);
    long before = Proc.anonymous();
    List<Sample> empty = new MemoryPass(trace, () -> Proc.anonymous() - before, event -> { }).pass(concurrent);
    long workers = (long) empty.stream().mapToLong(Sample::resident).average().orElse(0); // their stacks
    long error = empty.stream().mapToLong(sample -> Math.abs(sample.resident - workers)).max().orElse(0);
    long baseline = Proc.anonymous();
    Map<String, Object> result = new LinkedHashMap<>();
    try (Subject blocks = subject.open(trace.shape())) {
      boolean told = blocks.outside().resident().getAsLong() >= 0;
      LongSupplier own = subject == SubjectKind.HEAP ? () -> -1 : told ? blocks.outside().resident()
          : () -> Math.max(0, Proc.anonymous() - baseline - workers);
      progress.accept("replaying");
      MemoryPass pass = new MemoryPass(trace, own, Steps.timing(trace, blocks));
      List<Sample> samples = pass.pass(concurrent);
      Steps.checkAllFreed(trace, blocks);
      result.put("residentAfterFree", own.getAsLong());
      progress.accept("idle");
      Thread.sleep(Duration.ofSeconds(job.idle()));
      result.put("residentAfterIdle", own.getAsLong());
      result.putAll(blocks.outside().accounts().get());
      blocks.outside().reap().run();
      result.put("residentAfterReap", own.getAsLong());
      result.put("processGrowth", Proc.anonymous() - baseline);
      result.put("residentError", told ? 0 : error);
      figures(samples, pass.peakLive.get(), result);
    }
    return result;
  }

  /** {@return mean resident beside mean live bytes through a trace, of a subject that tells its own; else unknown} */
  static MemoryUse mean(Trace trace, Subject blocks) {
    LongSupplier own = blocks.outside().resident();
    if (own.getAsLong() < 0) {
      return MemoryUse.UNKNOWN;
    }
    List<Sample> samples = new MemoryPass(trace, own, Steps.timing(trace, blocks)).pass(false);
    return MemoryUse.of(-1, (long) mean(samples, Sample::resident), (long) mean(samples, Sample::live));
  }

  private static double mean(List<Sample> samples, ToLongFunction<Sample> bytes) {
    return samples.stream().filter(Sample::regular).mapToLong(bytes).average().orElse(0);
  }

  private List<Sample> pass(boolean concurrent) {
    var _ = new Replayer(trace, concurrent, this::event).run();
    return samples;
  }

  private void event(int event) {
    inner.accept(event);
    long now = live.addAndGet(trace.change(event));
    long _ = peakLive.accumulateAndGet(now, Math::max);
    long n = done.incrementAndGet();
    boolean regular = n % every == 0 && n <= trace.recorded;
    if (regular || now > mostSampled + mostSampled / 20) {
      sample(n, now, regular);
    }
  }

  private synchronized void sample(long event, long now, boolean regular) {
    mostSampled = Math.max(mostSampled, now);
    samples.add(new Sample(event, now, resident.getAsLong(), regular));
  }

  private static void figures(List<Sample> samples, long peakLive, Map<String, Object> result) {
    long peak = samples.stream().mapToLong(Sample::resident).max().orElse(0);
    double meanLive = mean(samples, Sample::live);
    double mean = mean(samples, Sample::resident);
    result.put("meanLive", meanLive);
    result.put("peakLive", peakLive);
    if (peak >= 0) {
      result.put("meanResident", mean);
      result.put("peakResident", peak);
      result.put("meanRatio", mean / Math.max(1, meanLive));
      result.put("peakRatio", (double) peak / Math.max(1, peakLive));
      result.put("samples", samples.stream().map(one -> List.of(one.event, one.live, one.resident)).toList());
    }
  }
}
