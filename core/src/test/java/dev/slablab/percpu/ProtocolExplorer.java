package dev.slablab.percpu;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks at every state that the protocol of leases can reach: all interleavings of the steps of owners, claimants and
 * drains, on a machine with total store order, where stores wait in a buffer per thread. An explicit-state model, step
 * by step after {@link Lease} and {@link SlotTable}; variants leave something out, and must then lose an object.
 */
final class ProtocolExplorer extends TsoMachine {
  /** What is modelled; all but the first are broken twins. */
  enum Variant { LEASES, NO_BARRIER, WORD_IN_SLOT, SECOND_LOOK }

  /** The parts that threads play. An owner claims what it does not hold, then alternates pop and push. */
  enum Role { OWNER, DRAIN, CLOSE }

  /** What it found; the counterexample is empty when nothing is wrong. */
  record Result(int states, int handOvers, int quits, List<String> counterexample) {}

  private static final int TOKENS = 2;
  private static final int BUSY = 8;
  private static final int NOBODY = 9;
  private static final int LEASES = 8;
  // Memory: one byte a cell. With the word in the slot, lease 0 is the slot, for ever.
  private static final int SLOT = 0;
  private static final int LOCK = 1;
  private static final int NEXT = 2;
  private static final int CLOSED = 3;
  private static final int OBJECTS = 4;
  private static final int WORD = OBJECTS + TOKENS; // [LEASES] busy, and avail unless that has a cell of its own
  private static final int FLAG = WORD + LEASES; // [LEASES] revoked: the capacity is 0
  private static final int THREAD = FLAG + LEASES; // [LEASES]
  private static final int AVAIL = THREAD + LEASES; // WORD_IN_SLOT only
  private static final int CELLS = AVAIL + 1;

  private final Variant variant;
  private final Role[] roles;
  private int handOvers;
  private int quits;

  ProtocolExplorer(Variant variant, Role... roles) {
    super(CELLS, roles.length);
    this.variant = variant;
    this.roles = roles;
  }

  /** Explores all states; the first thread begins as the owner of a slot with all tokens. */
  Result explore(int operations) {
    Arrays.fill(s, THREAD + 1, THREAD + LEASES, (byte) NOBODY);
    s[NEXT] = 1;
    for (int i = 0; i < TOKENS; i++) {
      s[OBJECTS + i] = (byte) (i + 1);
    }
    s[variant == Variant.WORD_IN_SLOT ? AVAIL : WORD] = TOKENS;
    for (int t = 0; t < roles.length; t++) {
      set(t, OPS, roles[t] == Role.OWNER ? operations : 1);
      set(t, PC, roles[t] == Role.OWNER ? 0 : 10);
    }
    Map<String, String> seen = new HashMap<>(); // state → the one before it
    ArrayDeque<String> open = new ArrayDeque<>();
    open.add(state());
    seen.put(state(), "");
    while (!open.isEmpty()) {
      String state = open.remove(); // breadth first: a counterexample is a shortest one
      boolean stuck = true;
      for (int t = 0; t < roles.length; t++) {
        for (int commit = 0; commit < 2; commit++) {
          restore(state);
          if (commit == 1 ? commit(t) : step(t)) {
            stuck = false;
            if (seen.putIfAbsent(state(), state) == null) {
              open.add(state());
            }
          }
        }
      }
      restore(state);
      if (stuck && !accounted()) {
        return new Result(seen.size(), handOvers, quits, trace(seen, state));
      }
    }
    return new Result(seen.size(), handOvers, quits, List.of());
  }

  /** One step of a thread; false when it cannot move. The numbers are program counters. */
  private boolean step(int t) {
    boolean slotWord = variant == Variant.WORD_IN_SLOT;
    if (get(t, OPS) == 0 || !hasRoom(t)) {
      return false;
    }
    int lease = get(t, LEASE);
    int seen = get(t, SEEN);
    switch (get(t, PC)) {
      case 0 -> { // Magazines.pop, push: the look-up
        lease = read(t, SLOT);
        set(t, LEASE, lease);
        go(t, read(t, THREAD + lease) == t ? 1 : 10);
      }
      case 1 -> { // Lease.popOwned, pushOwned
        set(t, SEEN, read(t, WORD + lease) & ~BUSY);
        go(t, 2);
      }
      case 2 -> {
        write(t, WORD + lease, seen | BUSY);
        go(t, 3);
      }
      case 3 -> {
        boolean mine = slotWord ? read(t, THREAD + lease) == t : read(t, FLAG + lease) == 0;
        go(t, mine ? 4 : 8);
      }
      case 4 -> {
        int n = slotWord ? read(t, AVAIL) : seen;
        if (get(t, HAND) == 0 && n > 0) {
          set(t, HAND, 1 << read(t, OBJECTS + n - 1));
          n--;
        } else if (get(t, HAND) != 0 && n < TOKENS) {
          write(t, OBJECTS + n, Integer.numberOfTrailingZeros(get(t, HAND)));
          set(t, HAND, 0);
          n++;
        }
        set(t, SEEN, n);
        go(t, slotWord ? 5 : 6);
      }
      case 5 -> {
        write(t, AVAIL, seen);
        set(t, SEEN, 0);
        go(t, 6);
      }
      case 6 -> {
        write(t, WORD + lease, seen);
        done(t);
      }
      case 8 -> { // revoked: nothing happened
        quits++;
        write(t, WORD + lease, seen);
        done(t);
      }
      default -> {
        return stepTable(t, lease, slotWord);
      }
    }
    return true;
  }

  /** The steps of a claim, a drain or a close, all under the table's lock. */
  private boolean stepTable(int t, int lease, boolean slotWord) {
    boolean wait = roles[t] == Role.CLOSE;
    switch (get(t, PC)) {
      case 10 -> {
        if (buffered(t) > 0 || (s[LOCK] != 0 && roles[t] != Role.OWNER)) {
          return false; // a locked instruction flushes; a drain waits for the lock
        }
        if (s[LOCK] != 0 || (s[CLOSED] != 0 && roles[t] == Role.OWNER)) {
          done(t);
        } else {
          s[LOCK] = 1;
          s[CLOSED] |= (byte) (wait ? 1 : 0);
          go(t, 11);
        }
      }
      case 11 -> { // revoke
        lease = read(t, SLOT);
        set(t, LEASE, lease);
        set(t, SEEN, read(t, THREAD + lease));
        write(t, slotWord ? THREAD + lease : FLAG + lease, slotWord ? NOBODY : 1);
        set(t, SCRATCH, 0);
        go(t, 12);
      }
      case 12 -> { // first the volatile store's own fence, then the barrier, thread by thread
        int other = get(t, SCRATCH);
        if (buffered(t) > 0 || (other < roles.length && variant != Variant.NO_BARRIER && buffered(other) > 0)) {
          return false;
        }
        set(t, SCRATCH, other + 1);
        go(t, other >= roles.length ? 13 : 12);
      }
      case 13 -> {
        boolean busy = (read(t, WORD + lease) & BUSY) != 0;
        go(t, !busy ? variant == Variant.SECOND_LOOK ? 14 : 15 : wait ? 13 : 18);
      }
      case 14 -> go(t, (read(t, WORD + lease) & BUSY) != 0 ? 18 : 15);
      case 15 -> { // Lease.next
        int next = slotWord ? 0 : s[NEXT]++;
        int heir = roles[t] == Role.OWNER ? t : wait ? NOBODY : get(t, SEEN);
        int n = slotWord ? read(t, AVAIL) : read(t, WORD + lease) & ~BUSY;
        if (roles[t] != Role.OWNER) {
          for (; n > 0; n--) {
            s[at(t, HAND)] |= (byte) (1 << read(t, OBJECTS + n - 1));
          }
        }
        write(t, slotWord ? AVAIL : WORD + next, n);
        write(t, THREAD + next, heir);
        write(t, SLOT, next);
        set(t, LEASE, next);
        handOvers++;
        go(t, 19);
      }
      case 18 -> { // it stays busy: take the revocation back
        write(t, slotWord ? THREAD + lease : FLAG + lease, slotWord ? get(t, SEEN) : 0);
        go(t, 19);
      }
      default -> {
        write(t, LOCK, 0);
        if (roles[t] == Role.OWNER && read(t, THREAD + lease) == t) {
          go(t, 1);
        } else {
          done(t);
        }
      }
    }
    return true;
  }

  /**
   * In a state where nobody can move: every token is in one hand or one place in the slot; nothing is left after close.
   */
  private boolean accounted() {
    int n = variant == Variant.WORD_IN_SLOT ? s[AVAIL] : s[WORD + s[SLOT]] & ~BUSY;
    int[] places = new int[TOKENS + 2];
    for (int i = 0; i < n; i++) {
      places[s[OBJECTS + i]]++;
    }
    boolean finished = true;
    for (int t = 0; t < roles.length; t++) {
      finished &= get(t, OPS) == 0;
      for (int token = 1; token <= TOKENS; token++) {
        places[token] += get(t, HAND) >> token & 1;
      }
    }
    return finished && !(s[CLOSED] == 1 && n > 0)
        && Arrays.stream(places, 1, TOKENS + 1).allMatch(count -> count == 1);
  }

  private List<String> trace(Map<String, String> seen, String last) {
    List<String> steps = new ArrayList<>();
    for (String state = last; !state.isEmpty(); state = seen.get(state)) {
      restore(state);
      StringBuilder line = new StringBuilder("slot → lease " + s[SLOT]);
      for (int t = 0; t < roles.length; t++) {
        line.append(" | %s %d: step %d, lease %d, tokens %s, %d stores wait".formatted(roles[t], t, get(t, PC),
            get(t, LEASE), Integer.toBinaryString(get(t, HAND) >> 1), buffered(t)));
      }
      steps.add(line.toString());
    }
    return steps.reversed();
  }
}
