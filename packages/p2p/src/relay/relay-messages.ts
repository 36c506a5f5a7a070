import {
  decodeCbor,
  ERROR_CODES,
  type ErrorCode,
  encodeCbor,
  errorCodeOfNumber,
  FieldReader,
  type PeerId,
  peerIdOfPublicKey,
  publicKeyOfPeerId,
} from "@gstore/core";
import { REACH_MESSAGE_BYTES_MAX, RELAY_MESSAGE_BYTES_MAX } from "../limits.ts";

/** The version of what is spoken with a relay, docs/spec/relay.md. This file is it without input and output. */
export const RELAY_VERSION = 1;
const PUBLIC_KEY_BYTES = 32;
const HOST_BYTES_MAX = 45;
const PORT_MAX = 65_535;
const KINDS = { dialBack: 0, reserve: 1, release: 2, punch: 3 } as const;
const KIND_NAMES = Object.keys(KINDS) as (keyof typeof KINDS)[];

/** Whom a dialler wants to be joined with, or who wants to be joined with the node that is told. */
export function encodeRelayOpen(peer: PeerId): Uint8Array {
  return encodeCbor([RELAY_VERSION, publicKeyOfPeerId(peer)]);
}

export function decodeRelayOpen(bytes: Uint8Array): PeerId {
  const fields = fieldsOf(bytes, "A request to a relay", { bytesMax: RELAY_MESSAGE_BYTES_MAX, count: 2 });
  return peerIdOfPublicKey(fields.bytes("peer", PUBLIC_KEY_BYTES));
}

/** Null: the streams are joined. */
export function encodeRelayAnswer(refusal: ErrorCode | null): Uint8Array {
  return encodeCbor([RELAY_VERSION, refusal === null ? null : ERROR_CODES[refusal]]);
}

export function decodeRelayAnswer(bytes: Uint8Array): ErrorCode | null {
  const fields = fieldsOf(bytes, "A relay's answer", { bytesMax: RELAY_MESSAGE_BYTES_MAX, count: 2 });
  const code = fields.integerOrNull("code", { max: PORT_MAX });
  return code === null ? null : errorCodeOfNumber(code);
}

/** What a node asks a member about being reached. */
export type ReachRequest =
  /** Dial me at the address you see me at, on this port; 0 where I listen nowhere. */
  | { readonly kind: "dialBack"; readonly port: number }
  /** Let others reach me through you, for as long as we are connected; or no longer. */
  | { readonly kind: "reserve" | "release" }
  /** Let us meet at the relay that we are connected through, and connect to each other at once (docs/spec/punch.md). */
  | { readonly kind: "punch" };

export interface DialBackAnswer {
  /** The IP address at which the member sees the node. */
  readonly host: string;
  readonly reached: boolean;
  /** Whether the member relays, for this node too. */
  readonly relays: boolean;
}

export function encodeReachRequest(request: ReachRequest): Uint8Array {
  return encodeCbor([RELAY_VERSION, KINDS[request.kind], request.kind === "dialBack" ? request.port : null]);
}

export function decodeReachRequest(bytes: Uint8Array): ReachRequest {
  const fields = fieldsOf(bytes, "A request about reachability", {
    bytesMax: REACH_MESSAGE_BYTES_MAX,
    count: 3,
  });
  const kind = fields.integer("kind", { max: KINDS.punch });
  if (kind === KINDS.dialBack) return { kind: "dialBack", port: fields.integer("port", { max: PORT_MAX }) };
  fields.bytesOrNull("nothing", 0);
  return { kind: KIND_NAMES[kind] as "reserve" | "release" | "punch" };
}

export function encodeDialBackAnswer({ host, reached, relays }: DialBackAnswer): Uint8Array {
  return encodeCbor([RELAY_VERSION, host, reached, relays]);
}

export function decodeDialBackAnswer(bytes: Uint8Array): DialBackAnswer {
  const fields = fieldsOf(bytes, "An answer about reachability", {
    bytesMax: REACH_MESSAGE_BYTES_MAX,
    count: 4,
  });
  return {
    host: fields.text("host", HOST_BYTES_MAX),
    reached: fields.boolean("reached"),
    relays: fields.boolean("relays"),
  };
}

/** Where somebody is seen from outside. */
export interface SeenAt {
  readonly host: string;
  readonly port: number;
}

/** What a relay tells each of two that meet there: where it sees the other. */
export function encodeMeeting({ host, port }: SeenAt): Uint8Array {
  return encodeCbor([RELAY_VERSION, host, port]);
}

export function decodeMeeting(bytes: Uint8Array): SeenAt {
  const fields = fieldsOf(bytes, "What a relay says of a meeting", {
    bytesMax: REACH_MESSAGE_BYTES_MAX,
    count: 3,
  });
  return { host: fields.text("host", HOST_BYTES_MAX), port: fields.integer("port", { max: PORT_MAX }) };
}

function fieldsOf(
  bytes: Uint8Array,
  what: string,
  { bytesMax, count }: { readonly bytesMax: number; readonly count: number },
): FieldReader {
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax, what }), what, count);
  fields.version(RELAY_VERSION);
  return fields;
}
