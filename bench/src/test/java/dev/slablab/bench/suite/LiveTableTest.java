package dev.slablab.bench.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.lang.reflect.Proxy;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The benchmark's check, checked on an allocator that gives the same memory twice. */
class LiveTableTest {
  private static final int SLOTS = 16;

  @ParameterizedTest
  @ValueSource(ints = {2, 7, 8, 100})
  void buffersThatShareAnEndAreFound(int size) {
    LiveTable right = table(size, size);
    assertEquals((long) SLOTS * size, right.proveAll(SLOTS));
    LiveTable wrong = table(size, size - 1);
    assertThrows(IllegalStateException.class, () -> wrong.proveAll(SLOTS));
  }

  private static LiveTable table(int size, int distance) {
    ByteBuf memory = Unpooled.directBuffer(SLOTS * size);
    int[] next = {0};
    ByteBufAllocator allocator = (ByteBufAllocator) Proxy.newProxyInstance(LiveTableTest.class.getClassLoader(),
        new Class<?>[] {ByteBufAllocator.class}, (_, _, _) -> memory.slice(next[0]++ * distance, size));
    LiveTable table = new LiveTable.Netty(allocator, SLOTS);
    for (int slot = 0; slot < SLOTS; slot++) {
      table.alloc(slot, size);
    }
    return table;
  }
}
