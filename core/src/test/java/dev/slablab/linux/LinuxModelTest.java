package dev.slablab.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.slablab.spec.CacheFlag;
import dev.slablab.spec.KmemException;
import dev.slablab.testing.Seeds;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The geometry against a second one that searches where the first calculates: objects are laid out one by one until the
 * next does not fit. And against rows as slabinfo showed them on machines with 2.6.3x kernels, x86-64.
 */
class LinuxModelTest {
  /** What the search gives. */
  private record Model(int bytes, int align, int order, int objects, boolean offSlab, int colours, int leftover,
      int limit, int batch, int shared, Set<CacheFlag> flags) {}

  /** Places objects behind their descriptor, or from the start, while they fit; gives where the last one ends. */
  private static int[] place(int slab, int bytes, int align, boolean off) {
    int n = 0;
    while (end(n + 1, bytes, align, off) <= slab) {
      n++;
    }
    return new int[] {n, slab - end(n, bytes, align, off)};
  }

  private static int end(int n, int bytes, int align, boolean off) {
    int start = 0;
    if (!off) {
      start = 48 + 4 * n;
      while (start % align != 0) {
        start++;
      }
    }
    return start + n * bytes;
  }

  private static Model search(int size, int asked, Set<CacheFlag> wanted, int breakOrder) {
    Set<CacheFlag> flags = EnumSet.noneOf(CacheFlag.class);
    flags.addAll(wanted);
    boolean marked = flags.contains(CacheFlag.RED_ZONE) || flags.contains(CacheFlag.STORE_USER);
    int bytes = size;
    while (bytes % 8 != 0) {
      bytes++;
    }
    int align = 8;
    if (flags.contains(CacheFlag.HWCACHE_ALIGN) && !marked) {
      align = bytes > 32 ? 64 : bytes > 16 ? 32 : bytes > 8 ? 16 : 8;
    }
    align = Math.max(align, asked);
    if (align > 8) {
      flags.remove(CacheFlag.RED_ZONE);
      flags.remove(CacheFlag.STORE_USER);
    }
    bytes += flags.contains(CacheFlag.RED_ZONE) ? 16 : 0;
    bytes += flags.contains(CacheFlag.STORE_USER) ? 8 : 0;
    boolean off = bytes >= 512;
    while (bytes % align != 0) {
      bytes++;
    }
    int best = -1;
    for (int order = 0; order <= 10; order++) {
      int[] placed = place(4096 << order, bytes, align, off);
      if (placed[0] == 0) {
        continue;
      }
      if (off && placed[0] > (bytes - 48) / 4) {
        break;
      }
      best = order;
      if (flags.contains(CacheFlag.RECLAIM_ACCOUNT) || order >= breakOrder || placed[1] * 8L <= 4096L << order) {
        break;
      }
    }
    if (best < 0) {
      throw KmemException.Usage.of("size", size, "no slab");
    }
    int[] placed = place(4096 << best, bytes, align, off);
    int management = end(placed[0], bytes, align, false) - placed[0] * bytes;
    int leftover = placed[1];
    boolean moved = off && leftover >= management;
    leftover -= moved ? management : 0;
    int limit = bytes > 131072 ? 1 : bytes > 4096 ? 8 : bytes > 1024 ? 24 : bytes > 256 ? 54 : 120;
    boolean debugged = flags.contains(CacheFlag.POISON) || flags.contains(CacheFlag.RED_ZONE)
        || flags.contains(CacheFlag.STORE_USER);
    limit = debugged ? Math.min(limit, 32) : limit;
    return new Model(bytes, align, best, placed[0], off && !moved, leftover / Math.max(64, align), leftover, limit,
        limit - limit / 2, bytes <= 4096 ? 8 : 0, flags);
  }

  private static Model of(LinuxGeometry it) {
    Set<CacheFlag> flags = EnumSet.noneOf(CacheFlag.class);
    flags.addAll(it.flags());
    return new Model(it.objectBytes(), it.align(), it.order(), it.objects(), it.offSlab(), it.colours(), it.leftover(),
        it.limit(), it.batch(), it.sharedFactor(), flags);
  }

  private static void same(int size, int align, Set<CacheFlag> flags, int breakOrder) {
    assertEquals(search(size, align, flags, breakOrder),
        of(LinuxGeometry.of("model", size, align, flags, breakOrder, 4096, 64, 2)),
        () -> "size = " + size + ", align = " + align + ", flags = " + flags + ", break order = " + breakOrder);
  }

  @Test
  void everySmallSizeWithEveryFlag() {
    List<Set<CacheFlag>> all = List.of(Set.of(), Set.of(CacheFlag.HWCACHE_ALIGN), Set.of(CacheFlag.RECLAIM_ACCOUNT),
        Set.of(CacheFlag.HWCACHE_ALIGN, CacheFlag.RECLAIM_ACCOUNT), Set.of(CacheFlag.POISON),
        Set.of(CacheFlag.RED_ZONE, CacheFlag.STORE_USER));
    for (Set<CacheFlag> flags : all) {
      for (int size = 8; size <= 9000; size++) {
        same(size, 0, flags, 1);
      }
    }
  }

  @Test
  void anySizeAlignmentFlagsAndBreakOrder() {
    Seeds.run(LinuxModelTest::compare);
  }

  private static void compare(Random random) {
    CacheFlag[] all = {CacheFlag.HWCACHE_ALIGN, CacheFlag.RECLAIM_ACCOUNT, CacheFlag.POISON, CacheFlag.RED_ZONE,
      CacheFlag.STORE_USER, CacheFlag.DESTROY_BY_RCU};
    for (int round = 0; round < 20_000; round++) {
      Set<CacheFlag> flags = EnumSet.noneOf(CacheFlag.class);
      Stream.of(all).filter(_ -> random.nextInt(4) == 0).forEach(flags::add);
      int size = 8 + random.nextInt(1 << (4 + random.nextInt(18)));
      same(size, random.nextInt(3) > 0 ? 0 : 8 << random.nextInt(10), flags, random.nextInt(4));
    }
  }

  @Test
  void theLargestSizes() {
    for (int size = (4 << 20) - 100; size <= 4 << 20; size++) {
      same(size, 0, Set.of(CacheFlag.HWCACHE_ALIGN), 1);
    }
    assertThrows(KmemException.Usage.class, () -> same((4 << 20) - 8, 0, Set.of(CacheFlag.RED_ZONE), 1));
    assertThrows(KmemException.Usage.class, () -> LinuxGeometryTest.of((4 << 20) - 8, 0, Set.of(CacheFlag.RED_ZONE)));
  }

  /** As printed: name, object size, objects and pages per slab, limit, batch, shared factor. */
  @ParameterizedTest
  @CsvSource({
    "fuse_inode, 768, 5, 1, 54, 27, 8", "rpc_buffers, 2048, 2, 1, 24, 12, 8", "rpc_tasks, 256, 15, 1, 120, 60, 8",
    "nf_conntrack, 312, 12, 1, 54, 27, 8", "fib6_nodes, 64, 59, 1, 120, 60, 8", "ip6_dst_cache, 384, 10, 1, 54, 27, 8",
    "RAWv6, 1024, 4, 1, 54, 27, 8", "tw_sock_TCPv6, 320, 12, 1, 54, 27, 8", "request_sock, 192, 20, 1, 120, 60, 8",
    "TCPv6, 1920, 2, 1, 24, 12, 8", "avtab_node, 24, 144, 1, 120, 60, 8", "ext4_inode_cache, 1000, 4, 1, 54, 27, 8",
    "ext4_xattr, 88, 44, 1, 120, 60, 8", "ext4_alloc_context, 136, 28, 1, 120, 60, 8",
    "ext4_prealloc_space, 104, 37, 1, 120, 60, 8", "jbd2_journal_head, 112, 34, 1, 120, 60, 8",
    "jbd2_revoke_table, 16, 202, 1, 120, 60, 8", "jbd2_revoke_record, 32, 112, 1, 120, 60, 8",
    "dm_raid1_read_record, 1064, 7, 2, 24, 12, 8", "kcopyd_job, 3240, 2, 2, 24, 12, 8",
    "dm_uevent, 2608, 3, 2, 24, 12, 8",
    "dm_rq_target_io, 392, 10, 1, 54, 27, 8", "cfq_queue, 240, 16, 1, 120, 60, 8",
    "mqueue_inode_cache, 896, 4, 1, 54, 27, 8",
    "pid_namespace, 2168, 3, 2, 24, 12, 8", "posix_timers_cache, 176, 22, 1, 120, 60, 8",
    "uid_cache, 128, 30, 1, 120, 60, 8",
    "UNIX, 832, 9, 2, 54, 27, 8", "xfrm_dst_cache, 448, 8, 1, 54, 27, 8", "ip_fib_hash, 72, 53, 1, 120, 60, 8",
    "TCP, 1728, 4, 2, 24, 12, 8", "blkdev_queue, 2864, 2, 2, 24, 12, 8", "blkdev_requests, 352, 11, 1, 54, 27, 8",
    "blkdev_ioc, 80, 48, 1, 120, 60, 8", "bip-256, 4224, 1, 2, 8, 4, 0", "bip-128, 2176, 3, 2, 24, 12, 8",
    "bip-64, 1152, 7, 2, 24, 12, 8", "bip-16, 384, 10, 1, 54, 27, 8", "sock_inode_cache, 704, 5, 1, 54, 27, 8",
    "files_cache, 704, 11, 2, 54, 27, 8", "net_namespace, 2432, 3, 2, 24, 12, 8",
    "shmem_inode_cache, 800, 5, 1, 54, 27, 8",
    "Acpi-Operand, 72, 53, 1, 120, 60, 8", "taskstats, 328, 12, 1, 54, 27, 8", "proc_inode_cache, 656, 6, 1, 54, 27, 8",
    "sigqueue, 160, 24, 1, 120, 60, 8", "bdev_cache, 832, 4, 1, 54, 27, 8", "sysfs_dir_cache, 144, 27, 1, 120, 60, 8",
    "inode_cache, 592, 6, 1, 54, 27, 8", "radix_tree_node, 560, 7, 1, 54, 27, 8",
    "vm_area_struct, 200, 19, 1, 120, 60, 8",
    "mm_struct, 1408, 5, 2, 24, 12, 8", "sighand_cache, 2112, 3, 2, 24, 12, 8", "signal_cache, 1088, 7, 2, 24, 12, 8",
    "task_struct, 2656, 3, 2, 24, 12, 8", "idr_layer_cache, 544, 7, 1, 54, 27, 8",
    "numa_policy, 136, 28, 1, 120, 60, 8",
    "size-32, 32, 112, 1, 120, 60, 8", "size-64, 64, 59, 1, 120, 60, 8", "size-192, 192, 20, 1, 120, 60, 8",
    "size-512, 512, 8, 1, 54, 27, 8", "size-1024, 1024, 4, 1, 54, 27, 8", "size-4096, 4096, 1, 1, 24, 12, 8",
    "size-8192, 8192, 1, 2, 8, 4, 0", "size-65536, 65536, 1, 16, 8, 4, 0", "size-262144, 262144, 1, 64, 1, 1, 0",
    "kmem_cache, 32896, 1, 16, 8, 4, 0"})
  void rowsOfThatTimeAreExplained(String name, int size, int objects, int pages, int limit, int batch, int shared) {
    assertTrue(explained(size, objects, pages, limit, batch, shared), name);
    assertFalse(explained(size, objects + 1, pages, limit, batch, shared), "one object more");
    assertFalse(explained(size, objects, 2 * pages, limit, batch, shared), "twice as many pages");
  }

  /**
   * {@code skbuff_fclone_cache}: below 512 bytes before they are aligned to lines, so that its descriptor is on the
   * slab.
   */
  @Test
  void aRowThatOnlyAnotherSizeExplains() {
    assertTrue(explained(512, 7, 1, 54, 27, 8));
    assertEquals(7, LinuxGeometryTest.of(504, 0, Set.of(CacheFlag.HWCACHE_ALIGN)).objects());
    assertEquals(8, LinuxGeometryTest.of(512, 0, Set.of(CacheFlag.HWCACHE_ALIGN)).objects());
  }

  /** The size asked for is not printed: any that ends as the one that is. */
  private static boolean explained(int bytes, int objects, int pages, int limit, int batch, int shared) {
    CacheFlag line = CacheFlag.HWCACHE_ALIGN;
    CacheFlag reclaim = CacheFlag.RECLAIM_ACCOUNT;
    return Stream.of(Set.<CacheFlag>of(), Set.of(line), Set.of(reclaim), Set.of(line, reclaim)).anyMatch(flags ->
        Stream.iterate(bytes, size -> size > Math.max(7, bytes - 64), size -> size - 8)
            .map(size -> LinuxGeometryTest.of(size, 0, flags))
            .anyMatch(it -> it.objectBytes() == bytes && it.objects() == objects && 1 << it.order() == pages
                && it.limit() == limit && it.batch() == batch && it.sharedFactor() == shared));
  }
}
