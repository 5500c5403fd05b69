/**
 * What a ByteBuf is, over Slablab: {@link dev.slablab.bench.buf.SlabBuf}, a pooled handle with a reference count and
 * checked bounds, so that the comparison with Netty is one in kind.
 *
 * <p>The same is checked as in Netty by default ({@code checkAccessible} and {@code checkBounds} on): every access
 * looks at the reference count, with a plain read, and at the bounds; the last release is a compare-and-set. What a
 * reference kept beyond its release does is the same too: it is told until the handle is used again, and afterwards it
 * is the new buffer. To tell it longer, handle and reference would have to be two objects, and one of them garbage.
 */
@NullMarked
package dev.slablab.bench.buf;

import org.jspecify.annotations.NullMarked;
