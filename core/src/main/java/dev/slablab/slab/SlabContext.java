package dev.slablab.slab;

import dev.slablab.page.*;
import dev.slablab.spec.*;
import java.util.Set;

/**
 * What the caches of one allocator instance share: where pages come from and whose they are, time, tasks, help in
 * shortage; whether a SLEEP allocation builds the slab it lacks itself; how long an empty slab may stay; and the
 * threads inside a reap – what hooks allocate there waits for no reap, neither its own nor another's.
 */
public record SlabContext(PageSource source, PageMap map, KmemClock clock, KmemScheduler scheduler,
    Reclaimer reclaimer, boolean growInCaller, long decayNanos, Set<Thread> reapers) {}
