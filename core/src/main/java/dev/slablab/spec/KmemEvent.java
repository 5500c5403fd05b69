package dev.slablab.spec;

import jdk.jfr.*;

/**
 * What happens rarely, for the JDK's flight recorder: {@code new SlabCreate().tell(cache, bytes)}, time runs from the
 * constructor on. Off unless a recording asks; then each call is an empty method, and none stands on a fast path.
 * {@code dev/slablab/slablab.jfc} in this jar is a settings file that asks for all.
 */
@Category("Slablab")
@Enabled(false)
@SuppressWarnings("doclint:missing") // public for the layers above; the labels say it
public abstract class KmemEvent extends Event {
  KmemEvent() {
    begin();
  }

  public abstract static class OfCache extends KmemEvent {
    @Label("Cache") String cache = "";
    @Label("Bytes") @DataAmount long bytes;

    public final void tell(String name, long amount) {
      if (shouldCommit()) {
        cache = name;
        bytes = amount;
        commit();
      }
    }
  }

  @Name("dev.slablab.SlabCreate")
  @Label("Slab created")
  public static final class SlabCreate extends OfCache {}

  @Name("dev.slablab.SlabDestroy")
  @Label("Slab destroyed")
  public static final class SlabDestroy extends OfCache {}

  @Name("dev.slablab.GrowWait")
  @Label("Wait for a slab that another thread builds")
  public static final class GrowWait extends OfCache {}

  @Name("dev.slablab.Emergency")
  @Label("Emergency object allocated")
  public static final class Emergency extends OfCache {}

  @Name("dev.slablab.Reap")
  @Label("Cache reaped, bytes returned")
  public static final class Reap extends OfCache {}

  @Name("dev.slablab.Revoke")
  @Label("Leases about to be revoked")
  public static final class Revoke extends KmemEvent {
    @Label("Leases") int leases;

    public void tell(int number) {
      if (number > 0 && shouldCommit()) {
        leases = number;
        commit();
      }
    }
  }

  @Name("dev.slablab.Leak")
  @Label("Objects in use at close")
  public static final class Leak extends KmemEvent {
    @Label("What leaked") String what = "";

    public void tell(String text) {
      if (shouldCommit()) {
        what = text;
        commit();
      }
    }
  }
}
