package dev.slablab.bench.subject;

import module java.base;
import io.netty.util.concurrent.DefaultThreadFactory;

/**
 * The threads that run the benchmarks in a fork: Netty's {@code FastThreadLocalThread}s, for every subject alike, so
 * that all have the same harness and Netty the threads it is fastest on. They are ordinary platform threads otherwise.
 */
public final class NettyThreads extends ThreadPoolExecutor {
  /** System property: {@code platform} gives plain threads, on which Netty's thread-locals are slower. */
  public static final String KIND = "slablab.lab.threads";

  /** As JMH calls it ({@code -Djmh.executor=CUSTOM}). */
  public NettyThreads(int threads, String prefix) {
    super(threads, threads, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory(prefix));
  }

  /** {@return what makes such threads} */
  public static ThreadFactory factory(String prefix) {
    return "platform".equals(System.getProperty(KIND)) ? Thread.ofPlatform().name(prefix, 0).daemon().factory()
        : new DefaultThreadFactory(prefix, true);
  }
}
