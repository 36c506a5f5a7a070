import {
  type Digest,
  decodeEntry,
  decodeMembershipRecord,
  digestOf,
  type Entry,
  type EntryBody,
  encodeEntry,
  encodeEntryBody,
  encodeMembershipBody,
  encodeMembershipRecord,
  incarnationFromBytes,
  keyIdFromBytes,
  type MembershipRecord,
  networkIdOfRootKey,
  peerIdOfPublicKey,
  placementIdFromBytes,
  spaceIdFromBytes,
  type VersionVector,
} from "@gstore/core";

const SIGNATURE = new Uint8Array(64).fill(7);
const ROOT_KEY = new Uint8Array(32).fill(9);

/** What a made entry says, where a test cares. */
export interface MadeEntry {
  readonly key?: string;
  readonly space?: number;
  readonly context?: VersionVector;
  readonly timeMs?: number;
  readonly op?: EntryBody["op"];
  readonly erases?: boolean;
  /** Erases as well. */
  readonly purges?: boolean;
  /** Null for an empty file. */
  readonly content?: { readonly digest: Digest; readonly size: number } | null;
  /** Fills `sealed`. */
  readonly sealedBytes?: number;
}

/** Writes entries as one author would, well-formed but with signatures that nobody could check. */
export class EntryMaker {
  readonly author: EntryBody["dot"]["author"];
  readonly incarnation: EntryBody["dot"]["incarnation"];
  #seq = 0;
  #last: Entry | null = null;

  constructor(author: number, incarnation = 0) {
    this.author = peerIdOfPublicKey(new Uint8Array(32).fill(author));
    this.incarnation = incarnationFromBytes(new Uint8Array(8).fill(incarnation));
  }

  /** The author's next entry. */
  next(made: MadeEntry = {}): Entry {
    const entry = this.fork(made);
    this.#seq += 1;
    this.#last = entry;
    return entry;
  }

  /** What would be the author's next entry; another one may still take its number. */
  fork(made: MadeEntry = {}): Entry {
    const context = made.context ?? [];
    const own = context.find((dot) => dot.author === this.author && dot.incarnation === this.incarnation);
    const content =
      made.content === undefined ? { digest: digestOf(new Uint8Array(1)), size: 1 } : made.content;
    const isPut = (made.op ?? "put") === "put";
    const sealed = new Uint8Array(made.sealedBytes ?? 40).fill(this.#seq & 0xff);
    const body: EntryBody = {
      space: madeSpace(made.space ?? 0),
      keyId: madeKeyId(made.key ?? "key"),
      dot: { author: this.author, incarnation: this.incarnation, counter: (own?.counter ?? 0) + 1 },
      context,
      op: made.op ?? "put",
      erases: made.erases ?? made.purges ?? false,
      purges: made.purges ?? false,
      policyClass: 0,
      placement: placementIdFromBytes(new Uint8Array(16)),
      content: isPut && content ? { level: 0, ...content } : null,
      storedBytes: isPut && content ? content.size : 0,
      seq: this.#seq + 1,
      prev: this.#last?.id ?? null,
      membershipHeads: [digestOf(ROOT_KEY)],
      time: { wallMs: made.timeMs ?? 1_700_000_000_000 + this.#seq, logical: 0 },
      sealed,
    };
    const contents = { body: encodeEntryBody(body), sealed };
    return decodeEntry(encodeEntry(contents, { index: 0, count: 1, siblings: [] }, SIGNATURE));
  }
}

export function madeSpace(number: number): EntryBody["space"] {
  return spaceIdFromBytes(new Uint8Array(16).fill(number));
}

export function madeKeyId(key: string): EntryBody["keyId"] {
  return keyIdFromBytes(Buffer.from(digestOf(Buffer.from(key)).slice(4), "hex"));
}

/** A well-formed membership record that admits member number `member`; its signature holds nothing. */
export function makeMembershipRecord(member: number): MembershipRecord {
  const bodyBytes = encodeMembershipBody({
    network: networkIdOfRootKey(ROOT_KEY),
    parents: [],
    issuer: ROOT_KEY,
    timeMs: 1_700_000_000_000 + member,
    operation: {
      op: "admit",
      member: peerIdOfPublicKey(new Uint8Array(32).fill(member & 0xff)),
      agreementKey: new Uint8Array(32).fill(member & 0xff),
      role: "writer",
      name: `node-${member}`,
      spaces: null,
    },
  });
  return decodeMembershipRecord(encodeMembershipRecord(bodyBytes, SIGNATURE));
}
