package dev.slablab;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Makes a failing history small: delta debugging (ddmin, Zeller and Hildebrandt 2002) over the operations, then smaller
 * arguments and the plainest world, over and over until nothing helps.
 */
final class FuzzShrinker {
  private final Predicate<FuzzCase> fails;
  private int runs;

  FuzzShrinker(Predicate<FuzzCase> fails) {
    this.fails = fails;
  }

  /** A smallest history that still fails: without any one of its operations it does not. */
  FuzzCase shrink(FuzzCase failing) {
    FuzzCase best = failing;
    FuzzCase before;
    do {
      before = best;
      best = plainWorld(arguments(fewer(best)));
    } while (!best.equals(before));
    return best;
  }

  /** Histories tried so far. */
  int runs() {
    return runs;
  }

  private boolean fails(FuzzCase candidate) {
    runs++;
    return fails.test(candidate);
  }

  private FuzzCase fewer(FuzzCase failing) {
    FuzzCase best = failing;
    int parts = 2;
    while (!best.ops().isEmpty()) {
      int size = Math.max(1, Math.ceilDiv(best.ops().size(), parts));
      FuzzCase smaller = null;
      for (int from = 0; from < best.ops().size() && smaller == null; from += size) {
        List<FuzzOp> rest = new ArrayList<>(best.ops());
        rest.subList(from, Math.min(from + size, rest.size())).clear();
        FuzzCase candidate = new FuzzCase(best.world(), List.copyOf(rest));
        smaller = fails(candidate) ? candidate : null;
      }
      if (smaller != null) {
        best = smaller;
        parts = Math.max(2, parts - 1);
      } else if (size == 1) {
        break;
      } else {
        parts = Math.min(best.ops().size(), 2 * parts);
      }
    }
    return best;
  }

  private FuzzCase arguments(FuzzCase failing) {
    FuzzCase best = failing;
    for (int i = 0; i < failing.ops().size(); i++) {
      for (int argument = 0; argument < 3; argument++) {
        for (FuzzCase candidate = smaller(best, i, argument, 0); candidate != null; ) {
          boolean still = fails(candidate);
          best = still ? candidate : best;
          candidate = still ? null : next(best, i, argument, candidate);
        }
      }
    }
    return best;
  }

  /** The next value to try: twice what was tried, and one more; null when that is no smaller than what fails. */
  private static FuzzCase next(FuzzCase best, int i, int argument, FuzzCase tried) {
    return smaller(best, i, argument, 2 * value(tried.ops().get(i), argument) + 1);
  }

  private static FuzzCase smaller(FuzzCase best, int i, int argument, int value) {
    FuzzOp op = best.ops().get(i);
    if (value >= value(op, argument)) {
      return null;
    }
    List<FuzzOp> ops = new ArrayList<>(best.ops());
    ops.set(i, new FuzzOp(op.kind(), argument == 0 ? value : op.a(), argument == 1 ? value : op.b(),
        argument == 2 ? value : op.c()));
    return new FuzzCase(best.world(), List.copyOf(ops));
  }

  private static int value(FuzzOp op, int argument) {
    return argument == 0 ? op.a() : argument == 1 ? op.b() : op.c();
  }

  private FuzzCase plainWorld(FuzzCase failing) {
    FuzzCase plain = new FuzzCase(0, failing.ops());
    return failing.world() != 0 && fails(plain) ? plain : failing;
  }
}
