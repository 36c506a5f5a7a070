/** Below this (bytes) freeing by hand gains nothing, and memory may be a slice of Buffer's pool. */
const FREED_BYTES_MIN = 64 * 1024;

/**
 * Gives the memory behind `bytes` back at once, where it is large, in place of at some later garbage collection: the next
 * buffer of that size then takes the same, still warm pages, and a collection is not forced by buffers that are dead
 * already. The caller must own all of the memory behind `bytes` and never look at it, or a view of it, again: they have
 * no bytes any more.
 */
export function freeMemory(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer.byteLength >= FREED_BYTES_MIN && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
