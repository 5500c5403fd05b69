package dev.slablab.percpu;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A little machine with total store order (x86): memory of byte cells, and threads with registers and a buffer in which
 * stores wait, oldest first. Its whole state is one string.
 */
abstract class TsoMachine {
  // Registers; behind them the store buffer as a count and pairs of cell and value.
  static final int PC = 0;
  static final int OPS = 1;
  static final int LEASE = 2;
  static final int SEEN = 3;
  static final int HAND = 4;
  static final int SCRATCH = 5;
  static final int STORES = 6;
  /** Room for stores; a thread with less left than one step may need must wait for a commit. */
  private static final int BUFFERED = 8;
  private static final int STEP = 4;
  private static final int SIZE = STORES + 1 + 2 * BUFFERED;

  /** The state under construction: cells, then threads. */
  byte[] s;
  private final int cells;

  TsoMachine(int cells, int threads) {
    this.cells = cells;
    this.s = new byte[cells + threads * SIZE];
  }

  final String state() {
    return new String(s, StandardCharsets.ISO_8859_1);
  }

  final void restore(String state) {
    s = state.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** What a thread sees in a cell: its own latest store, or memory. */
  final int read(int t, int cell) {
    for (int i = buffered(t) - 1; i >= 0; i--) {
      if (s[at(t, STORES + 1 + 2 * i)] == cell) {
        return s[at(t, STORES + 2 + 2 * i)];
      }
    }
    return s[cell];
  }

  final void write(int t, int cell, int value) {
    int n = s[at(t, STORES)]++;
    set(t, STORES + 1 + 2 * n, cell);
    set(t, STORES + 2 + 2 * n, value);
  }

  /** The oldest store of a thread reaches memory. */
  final boolean commit(int t) {
    int n = buffered(t);
    if (n == 0) {
      return false;
    }
    int from = at(t, STORES + 1);
    s[s[from]] = s[from + 1];
    System.arraycopy(s, from + 2, s, from, 2 * (n - 1));
    Arrays.fill(s, from + 2 * (n - 1), from + 2 * n, (byte) 0);
    s[at(t, STORES)]--;
    return true;
  }

  final int buffered(int t) {
    return s[at(t, STORES)];
  }

  final void done(int t) {
    s[at(t, OPS)]--;
    go(t, 0);
  }

  final void go(int t, int pc) {
    set(t, PC, pc);
  }

  final void set(int t, int register, int value) {
    s[at(t, register)] = (byte) value;
  }

  final int at(int t, int register) {
    return cells + t * SIZE + register;
  }

  final int get(int t, int register) {
    return s[at(t, register)];
  }

  /** Whether another step's stores fit. */
  final boolean hasRoom(int t) {
    return buffered(t) <= BUFFERED - STEP;
  }
}
