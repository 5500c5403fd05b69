package dev.slablab.bench.suite;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.*;

/**
 * How all benchmarks are run unless the command line says otherwise.
 *
 * <p>A fork's heap is of fixed size and touched before it starts: a young heap that still grows makes
 * {@code new byte[]} look twenty times slower, since each fresh page is a page fault. {@code -jvmArgsPrepend} replaces
 * these flags, {@code -jvmArgsAppend} the others; the benchmark's threads are Netty's for every subject, see
 * {@link dev.slablab.bench.subject.NettyThreads}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 5, jvmArgsPrepend = {"-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch",
        "-Dio.netty.leakDetection.level=disabled"},
    jvmArgsAppend = {"--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED",
        "-Djmh.executor=CUSTOM", "-Djmh.executor.class=dev.slablab.bench.subject.NettyThreads"})
@Warmup(iterations = 5, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 200, timeUnit = TimeUnit.MILLISECONDS)
abstract class Suite {}
