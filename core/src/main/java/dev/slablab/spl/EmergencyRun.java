package dev.slablab.spl;

import dev.slablab.page.PageOwner;

/** The page run of one emergency object ({@code spl_kmem_emergency_t}). */
record EmergencyRun(SplCache cache, long address) implements PageOwner {}
