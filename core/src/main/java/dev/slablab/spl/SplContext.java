package dev.slablab.spl;

import dev.slablab.page.PageMap;
import dev.slablab.page.PageSource;
import dev.slablab.spec.KmemClock;
import dev.slablab.spec.KmemScheduler;
import java.util.Set;

/**
 * What the caches of one allocator instance share.
 *
 * @param source gives pages
 * @param map tells whose a page is
 * @param clock tells time
 * @param scheduler runs grow tasks
 * @param reclaimer helps in shortage
 * @param growInCaller whether a SLEEP allocation builds the slab it lacks itself
 * @param reapers threads inside a reap: what hooks allocate there waits for no reap, neither its own nor another's
 */
public record SplContext(PageSource source, PageMap map, KmemClock clock, KmemScheduler scheduler,
    Reclaimer reclaimer, boolean growInCaller, Set<Thread> reapers) {}
