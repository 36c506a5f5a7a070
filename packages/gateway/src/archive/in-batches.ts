/** Bytes that are put together, and what a chunk has to be shorter than to be. */
export const BATCH_BYTES: number = 64 * 1024;
const SHORT_BYTES = 16 * 1024;

/** The same bytes with short chunks put together: a file of a few bytes would be three writes and more to the socket. */
export async function* inBatches(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    if (bytes > 0 && (chunk.length >= SHORT_BYTES || bytes + chunk.length > BATCH_BYTES)) {
      yield Buffer.concat(batch, bytes);
      [batch, bytes] = [[], 0];
    }
    if (chunk.length >= SHORT_BYTES) yield chunk;
    else {
      batch.push(chunk);
      bytes += chunk.length;
    }
  }
  if (bytes > 0) yield Buffer.concat(batch, bytes);
}
