package dev.slablab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * A history: the world it happens in, by its number, and the operations. Prints as {@code slablab.fuzz.replay} reads.
 */
record FuzzCase(long world, List<FuzzOp> ops) {
  static FuzzCase random(long seed, int length) {
    SplittableRandom random = new SplittableRandom(seed);
    List<FuzzOp> ops = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      ops.add(FuzzOp.random(random));
    }
    return new FuzzCase(1 + random.nextLong(1 << 20), ops);
  }

  static FuzzCase parse(String text) {
    String[] parts = text.strip().split("[:;]");
    return new FuzzCase(Long.parseLong(parts[0]), Arrays.stream(parts).skip(1).map(FuzzOp::parse).toList());
  }

  @Override
  public String toString() {
    return world + ":" + ops.stream().map(FuzzOp::toString).collect(Collectors.joining(";"));
  }
}
