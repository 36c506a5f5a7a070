import {
  decodeCbor,
  encodeCbor,
  FieldReader,
  type PeerId,
  peerIdOfPublicKey,
  publicKeyOfPeerId,
} from "@gstore/core";
import { BULK_OPEN_BYTES_MAX } from "./limits.ts";

/** The version of what is spoken on bulk connections, docs/spec/bulk.md. */
export const BULK_VERSION = 1;
/** Bytes of the token by which a side recognises the connection it asked for. */
export const BULK_TOKEN_BYTES = 16;

const STARTERS = { dialler: 0, listener: 1, nobody: 2 } as const;
const PUBLIC_KEY_BYTES = 32;

/** What the dialler says first on a bulk connection: whose transfers it is for. */
export type BulkOpen =
  | { readonly starter: "dialler" }
  /** The listener asked for this connection and gave the token. */
  | { readonly starter: "listener"; readonly token: Uint8Array }
  /** It carries no transfers: the dialler wants to know where another one that dials the listener is seen (docs/spec/punch.md). */
  | { readonly starter: "nobody"; readonly meets: PeerId };

export function encodeBulkOpen(open: BulkOpen): Uint8Array {
  const { starter } = open;
  const meant = starter === "nobody" ? publicKeyOfPeerId(open.meets) : null;
  return encodeCbor([BULK_VERSION, STARTERS[starter], starter === "listener" ? open.token : meant]);
}

export function decodeBulkOpen(bytes: Uint8Array): BulkOpen {
  const what = "A bulk opening";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: BULK_OPEN_BYTES_MAX, what }), what, 3);
  fields.version(BULK_VERSION);
  const starter = fields.integer("starter", { max: STARTERS.nobody });
  if (starter === STARTERS.listener)
    return { starter: "listener", token: fields.bytes("token", BULK_TOKEN_BYTES) };
  if (starter === STARTERS.nobody)
    return { starter: "nobody", meets: peerIdOfPublicKey(fields.bytes("meets", PUBLIC_KEY_BYTES)) };
  fields.bytesOrNull("token", 0);
  return { starter: "dialler" };
}

/** The request on the `links` stream: dial a bulk connection to me, for my transfers. */
export function encodeBulkDialRequest(token: Uint8Array): Uint8Array {
  return encodeCbor([BULK_VERSION, token]);
}

export function decodeBulkDialRequest(bytes: Uint8Array): Uint8Array {
  const what = "A request for a bulk connection";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: BULK_OPEN_BYTES_MAX, what }), what, 2);
  fields.version(BULK_VERSION);
  return fields.bytes("token", BULK_TOKEN_BYTES);
}
