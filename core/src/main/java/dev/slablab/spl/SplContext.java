package dev.slablab.spl;

import dev.slablab.page.PageMap;
import dev.slablab.page.PageSource;
import dev.slablab.spec.KmemClock;
import dev.slablab.spec.KmemScheduler;

/**
 * What the caches of one allocator instance share.
 *
 * @param source gives pages
 * @param map tells whose a page is
 * @param clock tells time
 * @param scheduler runs grow tasks
 * @param reclaimer helps in shortage
 * @param growInCaller whether a SLEEP allocation builds the slab it lacks itself
 */
public record SplContext(PageSource source, PageMap map, KmemClock clock, KmemScheduler scheduler,
    Reclaimer reclaimer, boolean growInCaller) {}
