import type { Stream } from "@libp2p/interface";
import { lpStream } from "@libp2p/utils";
import { decode as decodeVarint, encode as encodeVarint, encodingLength } from "uint8-varint";

/** A member in an answer, as bytes: whatever they are. */
export interface NamedMember {
  readonly id: Uint8Array;
  readonly multiaddrs: readonly Uint8Array[];
}

export interface DhtMessage {
  readonly type: number;
  readonly key: Uint8Array;
  readonly record?: Uint8Array;
  readonly closer?: readonly NamedMember[];
  readonly providers?: readonly NamedMember[];
  /** Bytes behind it all. */
  readonly more?: Uint8Array;
}

export const MESSAGE = { putValue: 0, getValue: 1, addProvider: 2, getProviders: 3, findNode: 4 } as const;

const bytesField = (field: number, bytes: Uint8Array): Uint8Array[] => [
  encodeVarint((field << 3) | 2),
  encodeVarint(bytes.length),
  bytes,
];

const memberField = (field: number, { id, multiaddrs }: NamedMember): Uint8Array[] =>
  bytesField(
    field,
    Buffer.concat([...bytesField(1, id), ...multiaddrs.flatMap((address) => bytesField(2, address))]),
  );

/** libp2p's `Message` of kad-dht, in protobuf, by hand: the tests say what no honest encoder would. */
export function encodeDhtMessage(message: DhtMessage): Uint8Array {
  const { type, key, record, closer = [], providers = [], more = new Uint8Array() } = message;
  return Buffer.concat([
    encodeVarint(1 << 3),
    encodeVarint(type),
    ...bytesField(2, key),
    ...(record === undefined ? [] : bytesField(3, record)),
    ...closer.flatMap((member) => memberField(8, member)),
    ...providers.flatMap((member) => memberField(9, member)),
    more,
  ]);
}

/** The record that kad-dht puts around a value. */
export const encodeRecord = (key: Uint8Array, value: Uint8Array): Uint8Array =>
  Buffer.concat([
    ...bytesField(1, key),
    ...bytesField(2, value),
    ...bytesField(5, Buffer.from("2026-01-01T00:00:00.000000000Z")),
  ]);

/** Type and key of a request. */
export function decodeDhtRequest(bytes: Uint8Array): Pick<DhtMessage, "type" | "key"> {
  let type = 0;
  let key: Uint8Array = new Uint8Array();
  for (let at = 0; at < bytes.length; ) {
    const tag = decodeVarint(bytes, at);
    at += encodingLength(tag);
    const number = decodeVarint(bytes, at);
    at += encodingLength(number);
    if (tag === 1 << 3) type = number;
    if ((tag & 7) === 0) continue;
    if (tag >> 3 === 2) key = bytes.slice(at, at + number);
    at += number;
  }
  return { type, key };
}

/** Reads and writes whole messages on a stream. */
export function dhtMessages(stream: Stream): {
  read(): Promise<Pick<DhtMessage, "type" | "key">>;
  write(message: DhtMessage): Promise<void>;
} {
  const messages = lpStream(stream, { maxDataLength: 64 * 1024 * 1024 });
  return {
    read: async () => decodeDhtRequest((await messages.read()).subarray()),
    write: (message) => messages.write(encodeDhtMessage(message)),
  };
}
