import type { Clock, DhtHandlers } from "@gstore/core";
import type { KadDHTComponents } from "@libp2p/kad-dht";
import { Libp2pRecord } from "@libp2p/record";
import { base32 } from "multiformats/bases/base32";
import { peerOfRecordKey } from "./dht-keys.ts";
import type { HolderRecords } from "./holder-records.ts";

type Datastore = KadDHTComponents["datastore"];
type Key = Parameters<Datastore["get"]>[0];

const RECORDS = "/dht/record/";
const HOLDERS = "/dht/provider/";

export interface DhtDatastoreOptions {
  readonly handlers: DhtHandlers;
  readonly holders: HolderRecords;
  readonly clock: Clock;
  /** A holder record for which there was no room. */
  readonly refused: () => void;
}

/**
 * What kad-dht takes for its disk. Address records are the node's own address book, which holds one of each member at most:
 * what is put has gone through its validator by then. Holder records are in memory. Nothing else is kept.
 */
export function dhtDatastore({ handlers, holders, clock, refused }: DhtDatastoreOptions): Datastore {
  const store = {
    async get(key: Key): Promise<Uint8Array> {
      const name = bytesOf(key, RECORDS);
      const peer = name === null ? null : peerOfRecordKey(name);
      const record = peer === null || !handlers.isMember(peer) ? null : handlers.record(peer);
      if (name === null || record === null) throw notFound();
      return new Libp2pRecord(name, record, new Date(clock.now())).serialize();
    },
    async put(key: Key, value: Uint8Array): Promise<Key> {
      const holder = holderOf(key);
      if (holder !== null && !holders.put(holder.key, holder.member, value)) refused();
      return key;
    },
    async delete(key: Key): Promise<void> {
      const holder = holderOf(key);
      if (holder !== null) holders.delete(holder.key, holder.member);
    },
    async *query({ prefix = "" }: { prefix?: string }): AsyncGenerator<{ key: Key; value: Uint8Array }> {
      if (!prefix.startsWith(HOLDERS)) return;
      const key = prefix.slice(HOLDERS.length);
      for (const { member, value } of holders.of(key)) yield { key: textKey(`${prefix}/${member}`), value };
    },
  };
  return store as unknown as Datastore;
}

function holderOf(key: Key): { readonly key: string; readonly member: string } | null {
  const text = String(key);
  if (!text.startsWith(HOLDERS)) return null;
  const [name, member, ...rest] = text.slice(HOLDERS.length).split("/");
  return name === undefined || member === undefined || rest.length > 0 ? null : { key: name, member };
}

function bytesOf(key: Key, prefix: string): Uint8Array | null {
  const text = String(key);
  if (!text.startsWith(prefix)) return null;
  try {
    return base32.baseDecode(text.slice(prefix.length));
  } catch {
    return null;
  }
}

/** kad-dht asks no more of a key that it is given than its text. */
const textKey = (text: string): Key => ({ toString: () => text }) as unknown as Key;

/** By this name kad-dht tells that there is none from other errors. */
function notFound(): Error {
  return Object.assign(new Error("There is no such record."), { name: "NotFoundError" });
}
