import { GstoreError } from "@gstore/core";
import type { Source } from "./api.ts";

/** All of a source's bytes where they are at hand; null for one that has to be read. Text is encoded as UTF-8. */
export function bytesAtHand(source: Source): Uint8Array | null {
  if (typeof source === "string") return Buffer.from(source);
  return source instanceof Uint8Array ? source : null;
}

/** Any source as a stream of bytes. Text is encoded as UTF-8. Rejects with `INVALID_ARGUMENT` for anything else. */
export function bytesOfSource(source: Source): AsyncIterable<Uint8Array> {
  if (typeof source === "string") return once(Buffer.from(source));
  if (source instanceof Uint8Array) return once(source);
  if (source instanceof Blob) return checked(source.stream());
  if (typeof source === "object" && source !== null) {
    if (Symbol.asyncIterator in source) return checked(source as AsyncIterable<unknown>);
    if (Symbol.iterator in source) return checked(source as Iterable<unknown>);
  }
  throw new GstoreError(
    "INVALID_ARGUMENT",
    "A source is bytes, text, a Blob, a stream, or an iterable of byte arrays; this is none of them.",
  );
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

async function* checked(source: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    if (typeof piece === "string") yield Buffer.from(piece);
    else if (piece instanceof Uint8Array) yield piece;
    else throw new GstoreError("INVALID_ARGUMENT", "A source gave something that is neither bytes nor text.");
  }
}
