/**
 * Where a file's bytes come from. A string is text, not a path: for a file there is `fileSource`, and a stream of
 * `node:fs` will do. A slice's memory is the source's again once it is asked for the next one.
 */
export type Source =
  | Uint8Array
  | string
  | Blob
  | ReadableStream<Uint8Array>
  | NodeJS.ReadableStream
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;
