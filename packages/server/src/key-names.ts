import {
  type CborValue,
  coversDot,
  type Digest,
  decodeCbor,
  digestFromBytes,
  digestToBytes,
  type EntryRecord,
  type EntryStore,
  encodeCbor,
  FieldReader,
  type KeyId,
  LIST_PAGE_MAX,
  type NamedRecord,
  type NameIndex,
  type PeerId,
  parsePeerId,
  type SpaceId,
  type VersionMetadata,
} from "@gstore/core";
import type { FileInfo } from "./api.ts";
import type { Members } from "./membership/members.ts";
import type { Spaces } from "./membership/spaces.ts";
import { winningVersion } from "./winning-version.ts";
import { WorkLoop } from "./work-loop.ts";

const SUMMARY_BYTES_MAX = 64 * 1024;

export interface KeyNamesOptions {
  readonly entries: EntryStore;
  readonly index: NameIndex;
  readonly spaces: Spaces;
  readonly members: Members;
  /** A key has another winning version, or none, than before. */
  readonly changed: (change: KeyChange) => void;
}

export interface KeyChange {
  readonly name: string;
  readonly record: EntryRecord;
}

/**
 * The names of the keys and what a listing shows of each: follows the entries as they arrive, by the order of their
 * arrival, and takes up where it was after a restart. What it holds can be made anew from the entries at any time.
 */
export class KeyNames {
  readonly #options: KeyNamesOptions;
  #arrival: number;
  /** Whether something was passed over for want of a key: a key that comes later makes it worth looking again. */
  #isUnreadable: boolean;
  readonly #loop = new WorkLoop(() => this.#follow());

  constructor(options: KeyNamesOptions) {
    this.#options = options;
    const cursor = options.index.cursor();
    this.#arrival = arrivalOfCursor(cursor, options.entries.arrivalEpoch);
    this.#isUnreadable = cursor?.endsWith(UNREADABLE) ?? false;
  }

  /** Takes in all entries that arrived before this call. Calls made together share the work. */
  refresh(): Promise<void> {
    return this.#loop.run();
  }

  /** Looks again at what could not be read: keys came. */
  async keysCame(): Promise<void> {
    if (!this.#isUnreadable) return;
    await this.#loop.idle();
    this.#arrival = 0;
    this.#isUnreadable = false;
    await this.refresh();
  }

  /** Looks again at keys whose entries count otherwise than before: their authors' rights changed. */
  async recheck(keys: readonly KeyOfSpace[]): Promise<void> {
    await this.#loop.idle();
    for (let at = 0; at < keys.length; at += LIST_PAGE_MAX) {
      await this.#show(keys.slice(at, at + LIST_PAGE_MAX), () => this.#cursor(this.#arrival));
    }
  }

  get(space: SpaceId, name: string): NamedRecord | undefined {
    return this.#options.index.get(space, name);
  }

  list(space: SpaceId, options: { prefix: string; after: string; limit: number }): NamedRecord[] {
    return this.#options.index.list(space, options);
  }

  count(space: SpaceId): number {
    return this.#options.index.count(space);
  }

  /** What a record says of its file. */
  fileInfo(record: NamedRecord): FileInfo {
    const summary = decodeSummary(record.summary);
    const { author, ...info } = summary;
    return {
      key: record.name,
      version: record.entryId,
      ...info,
      author: { peer: author, name: this.#options.members.nameOf(author) },
    };
  }

  async #follow(): Promise<void> {
    const { entries, index } = this.#options;
    if (this.#arrival === 0 && index.cursor() !== null) await index.clear();
    for (;;) {
      const records = await entries.since(this.#arrival, LIST_PAGE_MAX);
      const last = records.at(-1);
      if (last === undefined) return;
      const keys = new Map<string, KeyOfSpace>();
      for (const { entry } of records) {
        keys.set(entry.body.space + entry.body.keyId, { space: entry.body.space, keyId: entry.body.keyId });
      }
      await this.#show([...keys.values()], () => this.#cursor(last.arrival));
      // Not before: what could not be applied is read again.
      this.#arrival = last.arrival;
    }
  }

  #cursor(arrival: number): string {
    return `${this.#options.entries.arrivalEpoch}:${arrival}${this.#isUnreadable ? UNREADABLE : ""}`;
  }

  async #show(keys: readonly KeyOfSpace[], cursor: () => string): Promise<void> {
    const { index } = this.#options;
    const shown = await Promise.all(keys.map((key) => this.#shownOf(key)));
    const found = shown.filter((one) => one !== null);
    const isNews = found.map(
      ({ key, name, record }) => index.get(key.space, name)?.entryId !== record?.entry.id,
    );
    const changes = found.map(({ key, name, record, metadata }) => {
      if (record === null || metadata === null) return { space: key.space, name, record: null };
      const summary = encodeSummary(record, metadata);
      return { space: key.space, name, record: { keyId: key.keyId, entryId: record.entry.id, summary } };
    });
    await index.apply(changes, cursor());
    found.forEach(({ name, latest }, at) => {
      if (isNews[at]) this.#options.changed({ name, record: latest });
    });
  }

  /** What to show of a key: its winning version, or that there is none. Null where nothing of it can be opened here. */
  async #shownOf(key: KeyOfSpace): Promise<Shown | null> {
    const heads = await this.#countingHeads(key);
    // A hostile member's broken entry hides nothing.
    for (let left = heads; left.length > 0; ) {
      const record = winningVersion(left) as EntryRecord;
      const metadata = this.#open(record);
      if (metadata !== null) {
        const { name } = metadata;
        const isPut = record.entry.body.op === "put";
        return {
          key,
          name,
          record: isPut ? record : null,
          metadata: isPut ? metadata : null,
          latest: record,
        };
      }
      left = left.filter((head) => head !== record);
    }
    // Nothing counts (any more): what does not count still tells the name to take away.
    for (const record of await this.#options.entries.heads(key.space, key.keyId)) {
      const metadata = this.#open(record);
      if (metadata !== null)
        return { key, name: metadata.name, record: null, metadata: null, latest: record };
    }
    return null;
  }

  /** Versions that no other supersedes, among those whose authors may have written them. */
  async #countingHeads(key: KeyOfSpace): Promise<EntryRecord[]> {
    const { entries } = this.#options;
    const heads = await entries.heads(key.space, key.keyId);
    if (heads.every((head) => this.#counts(head))) return heads;
    const counting: EntryRecord[] = [];
    for await (const record of entries.versions(key.space, key.keyId)) {
      if (this.#counts(record)) counting.push(record);
      if (counting.length >= LIST_PAGE_MAX) break;
    }
    return counting.filter(
      ({ entry }) => !counting.some((other) => coversDot(other.entry.body.context, entry.body.dot)),
    );
  }

  #counts({ entry }: EntryRecord): boolean {
    const { dot, space, seq, membershipHeads } = entry.body;
    const { author, incarnation } = dot;
    return (
      this.#options.members.mayAuthor({ author, incarnation, seq, id: entry.id, space, membershipHeads }) ===
      "yes"
    );
  }

  #open({ entry }: EntryRecord): VersionMetadata | null {
    const opened = this.#options.spaces.tryOpen(entry);
    if (opened === "no key") this.#isUnreadable = true;
    return typeof opened === "string" ? null : opened;
  }
}

/** Ends the cursor of an index that lacks what could not be read. */
const UNREADABLE = ":unreadable";

export interface KeyOfSpace {
  readonly space: SpaceId;
  readonly keyId: KeyId;
}

interface Shown {
  readonly key: KeyOfSpace;
  readonly name: string;
  /** Null where the key is removed, or nothing counts. */
  readonly record: EntryRecord | null;
  readonly metadata: VersionMetadata | null;
  readonly latest: EntryRecord;
}

function arrivalOfCursor(cursor: string | null, arrivalEpoch: string): number {
  const start = `${arrivalEpoch}:`;
  return cursor?.startsWith(start) ? Number(cursor.slice(start.length)) : 0;
}

type Summary = Omit<FileInfo, "key" | "version" | "author"> & { readonly author: PeerId };

function encodeSummary(record: EntryRecord, metadata: VersionMetadata): Uint8Array {
  const { body } = record.entry;
  return encodeCbor([
    metadata.size,
    metadata.contentDigest && digestToBytes(metadata.contentDigest),
    metadata.contentType,
    body.time.wallMs,
    metadata.modifiedMs,
    metadata.mode,
    body.dot.author,
    metadata.user,
  ]);
}

function decodeSummary(bytes: Uint8Array): Summary {
  const what = "A name's summary";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: SUMMARY_BYTES_MAX, what }), what, 8);
  return {
    size: fields.integer("size"),
    digest: contentDigest(fields.bytesOrNull("digest", { max: 32 })),
    contentType: fields.textOrNull("contentType", 1024),
    storedMs: fields.integer("stored"),
    modifiedMs: fields.integerOrNull("modified", { min: Number.MIN_SAFE_INTEGER }),
    mode: fields.integerOrNull("mode"),
    author: parsePeerId(fields.text("author", 128)),
    userMetadata: Object.fromEntries(fields.array("user", { max: 64 }) as CborValue[][]) as Record<
      string,
      string
    >,
  };
}

function contentDigest(bytes: Uint8Array | null): Digest {
  return digestFromBytes(bytes ?? new Uint8Array(32));
}
