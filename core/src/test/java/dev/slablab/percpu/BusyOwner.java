package dev.slablab.percpu;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;

/** A thread that owns magazines, does nothing more, and can be made to look as if it were stopped inside a section. */
public final class BusyOwner implements AutoCloseable {
  private final LiveThreads threads = new LiveThreads();
  private final CountDownLatch ready = new CountDownLatch(1);
  private final Thread owner;

  /** Begins with this work, whose magazines are its own from then on. */
  public BusyOwner(Runnable work) throws InterruptedException {
    owner = threads.next(() -> {
      work.run();
      ready.countDown();
    });
    ready.await();
  }

  private Lease lease(Magazines magazines) {
    return Arrays.stream(magazines.slots()).filter(lease -> lease.living() == owner).findAny().orElseThrow();
  }

  /** Makes it seem to be inside a section from here on; what comes back ends that. */
  public Runnable enter(Magazines magazines) {
    Lease lease = lease(magazines);
    lease.word |= Stack.BUSY;
    return lease::quit;
  }

  @Override
  public void close() {
    threads.close();
  }
}
