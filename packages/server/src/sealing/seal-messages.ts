import type { SpaceSecrets } from "@gstore/crypto";
import type { SealedBlob } from "../manifest-builder.ts";

/** To a sealing thread: the keys of a space, in the order in which chunks follow that are to be sealed with them. */
export interface KeysMessage {
  readonly type: "keys";
  readonly secrets: SpaceSecrets;
}

/** To a sealing thread: a chunk, which lies at the beginning of `plain`, and the memory for its blob. Both go along. */
export interface ChunkMessage {
  readonly type: "chunk";
  readonly space: string;
  readonly plain: ArrayBuffer;
  readonly plainBytes: number;
  readonly target: ArrayBuffer;
  readonly known: SharedArrayBuffer | undefined;
}

export type SealMessage = KeysMessage | ChunkMessage;

/** From a sealing thread, before anything else: it is loaded, and takes chunks without delay. */
export interface ReadyMessage {
  readonly isReady: true;
}

/** From a sealing thread, an answer for each chunk in order; both buffers come back. */
export interface SealAnswer {
  readonly plain: ArrayBuffer;
  readonly target: ArrayBuffer;
  readonly outcome:
    | { readonly sealed: Omit<SealedBlob, "blob">; readonly blobBytes: number }
    | { readonly known: number }
    | { readonly error: unknown };
}
