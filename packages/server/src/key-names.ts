import {
  type CborValue,
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
import type { Members } from "./members.ts";
import type { Spaces } from "./spaces.ts";
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
  readonly #loop = new WorkLoop(() => this.#follow());

  constructor(options: KeyNamesOptions) {
    this.#options = options;
    this.#arrival = arrivalOfCursor(options.index.cursor(), options.entries.arrivalEpoch);
  }

  /** Takes in all entries that arrived before this call. Calls made together share the work. */
  refresh(): Promise<void> {
    return this.#loop.run();
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
      await this.#take(records, `${entries.arrivalEpoch}:${last.arrival}`);
      this.#arrival = last.arrival;
    }
  }

  async #take(records: readonly EntryRecord[], cursor: string): Promise<void> {
    const { index } = this.#options;
    const keys = new Map<string, { space: SpaceId; keyId: KeyId }>();
    for (const { entry } of records) {
      keys.set(entry.body.space + entry.body.keyId, { space: entry.body.space, keyId: entry.body.keyId });
    }
    const winners = await Promise.all([...keys.values()].map((key) => this.#winner(key)));
    const found = winners.filter((winner) => winner !== null);
    const isNews = found.map(({ record, metadata }) => {
      const shown = index.get(record.entry.body.space, metadata.name);
      return record.entry.body.op === "put" ? shown?.entryId !== record.entry.id : shown !== undefined;
    });
    const changes = found.map(({ record, metadata }) => {
      const { space, keyId, op } = record.entry.body;
      const named = { keyId, entryId: record.entry.id, summary: encodeSummary(record, metadata) };
      return { space, name: metadata.name, record: op === "put" ? named : null };
    });
    await index.apply(changes, cursor);
    found.forEach(({ record, metadata }, at) => {
      if (isNews[at]) this.#options.changed({ name: metadata.name, record });
    });
  }

  /** The version to show of a key, among those that can be opened here: a hostile member's broken one hides nothing. */
  async #winner(key: {
    space: SpaceId;
    keyId: KeyId;
  }): Promise<{ record: EntryRecord; metadata: VersionMetadata } | null> {
    const { entries, spaces } = this.#options;
    let heads = await entries.heads(key.space, key.keyId);
    for (;;) {
      const record = winningVersion(heads);
      if (record === undefined) return null;
      const metadata = spaces.tryOpen(record.entry);
      if (metadata !== null) return { record, metadata };
      heads = heads.filter((head) => head !== record);
    }
  }
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
