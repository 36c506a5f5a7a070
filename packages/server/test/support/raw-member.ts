import {
  type BulkChannel,
  digestOf,
  type Entry,
  GstoreError,
  incarnationFromBytes,
  type PeerId,
  type Role,
  type SpaceId,
} from "@gstore/core";
import {
  decodeHaveBlobs,
  decodeStoreFile,
  decodeStoreFileAnswer,
  encodeHaveBlobsAnswer,
  encodeHeldAnswer,
  encodeStoreFile,
  encodeStoreFileAnswer,
  encodeSyncAddressesAnswer,
  encodeSyncEntriesAnswer,
  encodeSyncMembersAnswer,
  type MessageType,
  messageType,
  type StoreOutcome,
} from "@gstore/p2p";
import type { MemoryNetwork } from "@gstore/testing";
import { TestAuthor } from "./test-author.ts";
import type { TestIdentity, TestNetwork } from "./test-network.ts";

type Answer = (message: Uint8Array, from: PeerId) => Promise<Uint8Array> | Uint8Array;

/** A member whose node does what the test says: it knows nothing, takes nothing and is polite where nothing is said. */
export class RawMember {
  readonly id: PeerId;
  readonly self: TestIdentity;
  readonly network: MemoryNetwork;
  readonly author: TestAuthor;
  /** Answers in place of the polite ones. */
  readonly answers: Map<MessageType, Answer> = new Map();
  /** Serves transfers that are begun with it. */
  serveBulk: (channel: BulkChannel, from: PeerId) => Promise<void> = async () => {
    throw new GstoreError("REQUEST_REFUSED", "not here");
  };
  /** Types of the requests that came, in order. */
  readonly asked: MessageType[] = [];

  constructor(all: TestNetwork, self: TestIdentity) {
    this.id = self.identity.peerId;
    this.self = self;
    this.network = all.hub.join({ self: this.id, certificate: self.certificate });
    const [certificate] = self.certificate;
    if (certificate === undefined) throw new Error("a member has a certificate");
    const { identity, incarnation } = self;
    this.author = new TestAuthor({ identity, incarnation, space: all.log.space.id, head: certificate.id });
  }

  /** Admits a member and starts its network. */
  static async join(
    all: TestNetwork,
    name: string,
    role: Role = "writer",
    spaces: readonly SpaceId[] | null = null,
  ): Promise<RawMember> {
    const member = new RawMember(all, all.identity(name, role, { spaces }));
    await member.start();
    return member;
  }

  async start(): Promise<void> {
    await this.network.start({
      request: async (from, _purpose, message) => {
        const type = messageType(message);
        this.asked.push(type);
        return (await this.answers.get(type)?.(message, from)) ?? polite(type, message);
      },
      bulk: (from, channel) => this.serveBulk(channel, from),
      admit: () => {},
      connected: () => {},
      disconnected: () => {},
    });
  }

  /** Another chain of entries by the same member. */
  incarnation(number: number): TestAuthor {
    const { identity, certificate } = this.self;
    const incarnation = incarnationFromBytes(new Uint8Array(8).fill(number));
    const { space } = this.author.body({ seq: 1, prev: null }, {});
    return new TestAuthor({
      identity,
      incarnation,
      space,
      head: certificate[0]?.id ?? digestOf(new Uint8Array(0)),
    });
  }

  /** Announces entries to a node. */
  async announce(
    to: PeerId,
    entries: readonly (Entry | Uint8Array)[],
    options: { hold?: readonly number[]; blobs?: readonly Uint8Array[] } = {},
  ): Promise<StoreOutcome[]> {
    const bytes = entries.map((entry) => (entry instanceof Uint8Array ? entry : entry.bytes));
    const { hold = [], blobs = [] } = options;
    const message = encodeStoreFile({ entries: bytes, hold, blobs });
    return decodeStoreFileAnswer(await this.network.request(to, "entries", message), entries.length);
  }

  /** Gives these entries, and no more, to who syncs with it. */
  offer(entries: readonly (Entry | Uint8Array)[], options: { more?: boolean; claim?: number } = {}): void {
    this.answers.set("syncEntries", () => {
      const author = this.id;
      const { incarnation } = this.self;
      return encodeSyncEntriesAnswer({
        entries: entries.map((entry) => (entry instanceof Uint8Array ? entry : entry.bytes)),
        more: options.more ?? false,
        vector: [{ author, incarnation, seq: options.claim ?? Math.max(1, entries.length) }],
      });
    });
  }
}

function polite(type: MessageType, message: Uint8Array): Uint8Array {
  switch (type) {
    case "storeFile":
      return encodeStoreFileAnswer(decodeStoreFile(message).entries.map(() => "accepted" as const));
    case "syncEntries":
      return encodeSyncEntriesAnswer({ entries: [], more: false, vector: [] });
    case "syncAddresses":
      return encodeSyncAddressesAnswer({ records: [], more: false });
    case "syncMembers":
      return encodeSyncMembersAnswer({ records: [], more: false });
    case "haveBlobs":
      return encodeHaveBlobsAnswer(decodeHaveBlobs(message).digests.map(() => false));
    case "held":
      return encodeHeldAnswer();
    default:
      throw new GstoreError("REQUEST_REFUSED", `no ${type} here`);
  }
}
