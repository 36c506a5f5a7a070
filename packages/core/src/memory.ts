/** Below this (bytes) freeing by hand gains nothing. */
const FREED_BYTES_MIN = 64 * 1024;

/**
 * Gives the memory behind `bytes` back at once, where it is large, in place of at some later garbage collection: the next
 * buffer of that size then takes the same, still warm pages, and a collection is not forced by buffers that are dead
 * already. Slices of the pool that small Buffers share are left alone. Otherwise the caller must own all of the memory
 * behind `bytes` and never look at it, or a view of it, again: they have no bytes any more.
 */
export function freeMemory(bytes: Uint8Array): void {
  const { buffer } = bytes;
  // The pool can't be given back, and others have slices of it: no buffer of its size or less is taken for one's own.
  if (buffer.byteLength <= Math.max(FREED_BYTES_MIN, Buffer.poolSize)) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
