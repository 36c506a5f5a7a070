import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type CborValue,
  type CertificateChain,
  type Digest,
  decodeCbor,
  decodeMembershipRecord,
  digestOf,
  type Entry,
  evaluateMembership,
  type MembershipRecord,
  type MembershipState,
  type NetworkId,
  type PeerId,
  type PeerNetwork,
} from "@gstore/core";
import {
  type KeyFileOptions,
  loadIdentity,
  type NodeIdentity,
  type OpenedSpace,
  openSpaces,
  verifyRecordSignature,
} from "@gstore/crypto";
import {
  createPeerNetwork,
  decodeBulkFrame,
  decodeHaveBlobs,
  decodeStoreFile,
  decodeSyncMembersAnswer,
  encodeBulkFrame,
  encodeHaveBlobsAnswer,
  encodeHeldAnswer,
  encodePushMembersAnswer,
  encodeStoreFileAnswer,
  encodeSyncEntriesAnswer,
  encodeSyncMembers,
  encodeSyncMembersAnswer,
  messageType,
} from "@gstore/p2p";
import { Forger } from "./forger.ts";

const RECORDS_BYTES_MAX = 64 * 1024 * 1024;

/** Who a hostile member is: what a folder says that `gstore join` made, or what it made up. */
export interface Passport {
  readonly identity: NodeIdentity;
  readonly networkId: NetworkId;
  readonly records: readonly MembershipRecord[];
  readonly certificate: CertificateChain;
}

/** Reads a node's folder as the node would. */
export async function passportOf(dir: string, options: KeyFileOptions = {}): Promise<Passport> {
  const identity = await loadIdentity(join(dir, "identity"), options);
  const bytes = await readFile(join(dir, "membership"));
  const list = decodeCbor(bytes, { bytesMax: RECORDS_BYTES_MAX, what: "The records" }) as CborValue[];
  const records = list.map((record) => decodeMembershipRecord(record as Uint8Array));
  const networkId = (records[0] as MembershipRecord).body.network;
  const certificate = evaluateMembership(records, networkId).certificateOf(identity.peerId) ?? [];
  return { identity, networkId, records, certificate };
}

/**
 * A member whose handshake, streams and transfers are the real ones, and who says on them what it is told. To what it is
 * asked it answers politely: it takes everything, has its own entries and blobs, and hands on the log it knows.
 */
export class HostileMember {
  readonly identity: NodeIdentity;
  readonly networkId: NetworkId;
  readonly network: PeerNetwork;
  readonly forger: Forger;
  readonly blobs: Map<Digest, Uint8Array> = new Map();
  /** Entries that it gives to who syncs with it. */
  offered: readonly Entry[] = [];
  /** Whether it leaves all that it is asked unanswered. */
  isHushed = false;
  #records: Map<Digest, MembershipRecord>;
  #gone = new Map<PeerId, PromiseWithResolvers<void>>();

  constructor({ identity, networkId, records, certificate }: Passport) {
    this.identity = identity;
    this.networkId = networkId;
    this.forger = new Forger(identity);
    this.#records = new Map(records.map((record) => [record.id, record]));
    this.network = createPeerNetwork({
      ...{ identity, networkId, certificate, listen: ["127.0.0.1:0"], bootstrap: [] },
    });
  }

  async start(): Promise<void> {
    await this.network.start({
      request: async (_from, _purpose, message) =>
        this.isHushed ? await new Promise<never>(() => {}) : this.#answer(message),
      bulk: async (_from, channel) => {
        for (let bytes = await channel.receive(); bytes !== null; bytes = await channel.receive()) {
          const frame = decodeBulkFrame(bytes);
          for (const digest of frame.type === "want" ? frame.digests : []) {
            const blob = this.blobs.get(digest);
            const answer = blob && ({ type: "blob", digest, bytes: blob } as const);
            await channel.send(...encodeBulkFrame(answer ?? { type: "missing", digest }));
          }
        }
      },
      admit: () => {},
      connected: ({ peer }) => void this.#gone.set(peer, Promise.withResolvers()),
      disconnected: (peer) => this.#gone.get(peer)?.resolve(),
    });
  }

  get state(): MembershipState {
    return evaluateMembership(this.#records.values(), this.networkId);
  }

  /** Keeps a record as if it counted. */
  know(record: MembershipRecord): void {
    this.#records.set(record.id, record);
  }

  records(): MembershipRecord[] {
    return [...this.#records.values()];
  }

  /** Learns the membership log from a node. */
  async learn(from: PeerId): Promise<MembershipState> {
    for (let more = true; more; ) {
      const question = encodeSyncMembers([...this.#records.keys()]);
      const answer = decodeSyncMembersAnswer(await this.network.request(from, "membership", question));
      for (const record of answer.records.map(decodeMembershipRecord)) {
        verifyRecordSignature(record, this.networkId);
        this.know(record);
      }
      more = answer.more;
    }
    return this.state;
  }

  /** The keys it was given of a space, by name or id. */
  keysOf(space: string): OpenedSpace | undefined {
    return openSpaces(this.state, this.identity).find(({ id, name }) => name === space || id === space);
  }

  /** Resolves once no connection to a peer is left. */
  async gone(peer: PeerId): Promise<void> {
    await this.#gone.get(peer)?.promise;
  }

  keepBlobs(blobs: readonly Uint8Array[]): void {
    for (const blob of blobs) this.blobs.set(digestOf(blob), blob);
  }

  #answer(message: Uint8Array): Uint8Array {
    switch (messageType(message)) {
      case "storeFile":
        return encodeStoreFileAnswer(decodeStoreFile(message).entries.map(() => "held" as const));
      case "syncEntries":
        return encodeSyncEntriesAnswer({ entries: this.offered.map(({ bytes }) => bytes), ...this.#claim() });
      case "syncMembers":
        return encodeSyncMembersAnswer({ records: this.records().map(({ bytes }) => bytes), more: false });
      case "pushMembers":
        return encodePushMembersAnswer();
      case "haveBlobs":
        return encodeHaveBlobsAnswer(decodeHaveBlobs(message).digests.map((one) => this.blobs.has(one)));
      default:
        return encodeHeldAnswer();
    }
  }

  #claim() {
    const vector = this.offered.map(({ body: { dot, seq } }) => ({
      ...{ author: dot.author, incarnation: dot.incarnation, seq },
    }));
    return { more: false, vector: vector.slice(-1) };
  }
}
