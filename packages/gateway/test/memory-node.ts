import { type Digest, digestOf, GstoreError, type PeerId, type Role, throwIfAborted } from "@gstore/core";
import type {
  FileInfo,
  GetResult,
  GstoreNode,
  InviteOptions,
  InviteStatus,
  IssuedInvite,
  LeaveOptions,
  LeaveReport,
  ListItem,
  MemberStatus,
  NamedNode,
  NodeEvents,
  Source,
  SpaceStatus,
  StoreOptions,
} from "@gstore/server";

interface StoredFile {
  readonly info: FileInfo;
  readonly bytes: Uint8Array;
}

const SELF: NamedNode = { peer: "12D3KooWMemory" as PeerId, name: "anna" };
const BERTA: NamedNode = { peer: "12D3KooWBerta" as PeerId, name: "berta" };
const START_MS = 1_700_000_000_000;
const MEMBER = {
  spaces: null,
  admittedMs: START_MS,
  capacityBytes: null,
  zone: null,
  full: false,
  isDraining: false,
};
const NETWORK = digestOf(Buffer.from("network"));

/** A node that keeps everything in memory, with knobs for what can go wrong. */
export class MemoryNode implements GstoreNode {
  readonly id: PeerId = SELF.peer;
  readonly name: string = SELF.name;
  /** Of the space main. */
  readonly files: Map<string, StoredFile> = new Map();
  memberList: MemberStatus[] = [
    { ...SELF, ...MEMBER, role: "admin", isSelf: true, connected: true, lastSeenMs: START_MS, address: null },
    { ...BERTA, ...MEMBER, role: "writer", isSelf: false, connected: false, lastSeenMs: null, address: null },
  ];
  inviteList: InviteStatus[] = [];
  /** What `leave` finds on no other node. */
  onlyHere: LeaveReport["onlyHere"] | undefined;
  /** What `leave` waits for. */
  beforeLeaving: (signal: AbortSignal | undefined) => Promise<void> = async () => {};
  /** What `invite` was last called with. */
  lastInvite: InviteOptions | undefined;
  /** What `store` was last called with. */
  lastOptions: StoreOptions | undefined;
  /** Makes `store` fail after it has read this many bytes. */
  failStore: { readonly afterBytes: number; readonly error: Error } | undefined;
  /** Makes the stream of `get` fail after this many bytes. */
  failGet: { readonly afterBytes: number; readonly error: Error } | undefined;
  /** Stores whose source broke off, and streams of `get` that were cancelled. */
  aborted = 0;
  /** Bytes that streams of `get` were asked for. */
  servedBytes = 0;
  failVerify: Error | undefined;
  connected: string[] = [];
  readonly #spaces = new Map([["main", this.files]]);
  #versions = 0;
  readonly #listeners = new Set<(value: NodeEvents["change"]) => void>();

  members(): MemberStatus[] {
    return this.memberList;
  }
  async invite(options: InviteOptions = {}): Promise<IssuedInvite> {
    this.lastInvite = options;
    const { role = "writer", spaces = null, lifetimeMs, uses = 1 } = options;
    const expiresMs = lifetimeMs === undefined ? null : START_MS + lifetimeMs;
    const id = `invite${this.inviteList.length + 1}`;
    const made = { id, role: role as Role, spaces, expiresMs, uses, usesLeft: uses, createdMs: START_MS };
    this.inviteList.push(made);
    return { ...made, ticket: `gstoresecret${id}` };
  }
  invites(): InviteStatus[] {
    return this.inviteList;
  }
  async withdrawInvite(id: string): Promise<void> {
    const index = this.inviteList.findIndex((invite) => invite.id === id);
    if (index === -1) throw new GstoreError("INVALID_ARGUMENT", `There is no invitation ${id} on this node.`);
    this.inviteList.splice(index, 1);
  }
  async removeMember(idOrName: string): ReturnType<GstoreNode["removeMember"]> {
    const member = this.#member(idOrName);
    this.memberList = this.memberList.filter((other) => other !== member);
    return { peer: member.peer, name: member.name };
  }
  async setRole(idOrName: string, role: string): Promise<void> {
    const member = this.#member(idOrName);
    this.memberList = this.memberList.map((other) =>
      other === member ? { ...member, role: role as Role } : other,
    );
  }
  async leave({ force, signal, onProgress }: LeaveOptions = {}): Promise<LeaveReport> {
    onProgress?.({ stage: "checking", versions: 3, versionsTotal: 5 });
    await this.beforeLeaving(signal);
    const nothing = { files: 0, older: 0, removals: 0, bytes: 0 };
    if (this.onlyHere !== undefined && force !== true)
      throw new GstoreError("LEAVE_INCOMPLETE", "anna stays: 1 file is on no other node", { actual: 1 });
    this.memberList = this.memberList.filter(({ isSelf }) => !isSelf);
    const onlyHere = this.onlyHere ?? { ...nothing, keys: [] };
    return { handedOver: { ...nothing, files: 2, bytes: 7 }, onlyHere, kept: { ...nothing, files: 5 } };
  }
  spaces(): SpaceStatus[] {
    return [...this.#spaces].map(([name, { size: keys }]) => ({ id: `id of ${name}`, name, keys }));
  }
  async createSpace(name: string): Promise<void> {
    if (this.#spaces.has(name))
      throw new GstoreError("ALREADY_EXISTS", `There is a space "${name}" already.`);
    this.#spaces.set(name, new Map());
  }
  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  async store(key: string, source: Source, options: StoreOptions = {}): ReturnType<GstoreNode["store"]> {
    this.lastOptions = options;
    const files = this.#space(options.space);
    const parts: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const part of source as AsyncIterable<Uint8Array>) {
        throwIfAborted(options.signal);
        parts.push(part);
        size += part.length;
        if (this.failStore && size >= this.failStore.afterBytes) break;
      }
    } catch (error) {
      this.aborted++;
      throw error;
    }
    if (this.failStore && size >= this.failStore.afterBytes) throw this.failStore.error;
    if (options.size !== undefined && options.size !== size) {
      throw new GstoreError("SOURCE_CHANGED", `Got ${size} of ${options.size} bytes.`);
    }
    const bytes = Buffer.concat(parts);
    const info: FileInfo = {
      key,
      version: digestOf(Buffer.from(`version ${++this.#versions}`)),
      size,
      digest: digestOf(bytes),
      contentType: options.contentType ?? null,
      storedMs: START_MS + this.#versions,
      modifiedMs: options.modifiedMs ?? null,
      mode: options.mode ?? null,
      author: SELF,
      userMetadata: options.userMetadata ?? {},
    };
    const isNew = !files.has(key);
    files.set(key, { info, bytes });
    this.emit({ space: options.space ?? "main", key, version: info.version, op: "put", author: SELF.peer });
    const { version, digest } = info;
    return {
      key,
      version,
      digest,
      size,
      copies: 1,
      wanted: options.copies ?? 1,
      holders: [SELF],
      storedBytes: size,
      isNew,
    };
  }

  async get(key: string, options: Parameters<GstoreNode["get"]>[1] = {}): Promise<GetResult> {
    const { info, bytes } = this.#find(key, options.space);
    const { range } = options;
    let start = 0;
    let end = info.size - 1;
    if (range !== undefined && "suffix" in range) start = Math.max(0, info.size - range.suffix);
    else if (range !== undefined) {
      start = range.start;
      end = Math.min(range.end ?? end, end);
    }
    if (range !== undefined && start > end) {
      throw new GstoreError("RANGE_NOT_SATISFIABLE", `The file has ${info.size} bytes.`, {
        key,
        actual: info.size,
      });
    }
    const part = bytes.subarray(start, end + 1);
    return { ...info, range: { start, end, length: part.length }, stream: this.#streamOf(part) };
  }

  async stat(key: string, options: { space?: string } = {}): Promise<FileInfo> {
    return this.#find(key, options.space).info;
  }

  async list(
    prefix: string,
    options: Parameters<GstoreNode["list"]>[1] = {},
  ): ReturnType<GstoreNode["list"]> {
    const { space, delimiter, after = "", limit = 1000 } = options;
    const items = new Map<string, ListItem>();
    for (const key of [...this.#space(space).keys()].sort()) {
      if (!key.startsWith(prefix)) continue;
      const cut = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
      const name = cut === -1 ? key : key.slice(0, cut + (delimiter ?? "").length);
      if (name <= after) continue;
      items.set(
        name,
        cut === -1 ? { kind: "file", ...this.#find(key, space).info } : { kind: "folder", key: name },
      );
    }
    const page = [...items.values()].slice(0, limit);
    return { items: page, next: items.size > limit ? (page.at(-1)?.key ?? null) : null };
  }

  /** Tests of histories use a real node. */
  async versions(): Promise<never> {
    throw new GstoreError("REQUEST_REFUSED", "This node keeps no history.");
  }
  restore: () => Promise<never> = this.versions;
  conflicts: () => Promise<never> = this.versions;
  recent: () => Promise<never> = this.versions;
  resolve: () => Promise<never> = this.versions;
  whereis: () => Promise<never> = this.versions;
  safe: () => Promise<never> = this.versions;
  pin: () => Promise<never> = this.versions;
  pins: () => never[] = () => [];
  drop: () => Promise<never> = this.versions;
  /** So do those of uploads. */
  uploads: GstoreNode["uploads"] = {
    create: this.versions,
    status: this.versions,
    find: () => {
      throw new GstoreError("REQUEST_REFUSED", "This node takes no uploads.");
    },
    append: this.versions,
    remove: this.versions,
  };
  usage: () => Promise<never> = this.versions;
  du: () => Promise<never> = this.versions;
  plan: () => Promise<never> = this.versions;
  drain: () => Promise<never> = this.versions;
  purge: () => Promise<never> = this.versions;
  policies: () => never = () => {
    throw new GstoreError("INTERNAL", "There are no policies here.");
  };
  setPolicy: () => Promise<never> = this.versions;
  removePolicy: () => Promise<never> = this.versions;
  explain: () => Promise<never> = this.versions;
  setAttributes: () => Promise<never> = this.versions;

  async remove(key: string, options: { space?: string } = {}): ReturnType<GstoreNode["remove"]> {
    const { info } = this.#find(key, options.space);
    this.#space(options.space).delete(key);
    return { key, version: info.version };
  }

  async status(): ReturnType<GstoreNode["status"]> {
    return {
      node: SELF,
      network: NETWORK,
      role: "admin",
      version: "0.0.0",
      startedMs: START_MS,
      addresses: this.addresses(),
      members: 2,
      connected: 1,
      keys: this.#space().size,
      conflicts: 0,
      entries: this.#versions,
      blobs: 0,
      blobBytes: 0,
      diskUsedBytes: 0,
      diskFreeBytes: 8_000_000_000_000,
      catchingUp: 0,
      noRoom: 0,
      draining: [],
      clock: { historyPaused: null, apart: [] },
      full: false,
      safety: null,
      scrub: {
        ...{ periodMs: 1000, lastEndedMs: 1_700_000_000_000, progress: null },
        ...{ damagedFound: 3, repaired: 2, unrepaired: 1 },
        unrepairedFiles: [{ space: "main", key: "a" }],
      },
      discovery: {
        addressesKnown: 1,
        refusedRecords: { malformed: 0, foreign: 0, outdated: 0, stranger: 0, forged: 2 },
        dht: {
          ...{ members: 3, holderRecords: 5, lookups: 7, found: 6, asked: 40, answered: 50 },
          refused: { record: 1, stranger: 2, surplus: 0, unreachable: 4, address: 0 },
        },
        holders: { versions: 2, told: 3, lookups: 4, found: 1, refuted: 5 },
        reach: {
          ...{ reached: "no" as const, relays: [], places: 0, relayed: 0, refused: 0 },
          ...{ punchesTried: 0, punchesMade: 0, turnedAway: 0, forwardedPort: null },
        },
      },
      repair: {
        ...{ lastWalkMs: null, isWalking: false, short: 0, belowMin: 0, queued: 0, running: 0 },
        ...{ copiesMade: 0, bytesGiven: 0, failed: 0, surplusDropped: 0 },
        audits: { proved: 0, failed: 0, unanswered: 0, lastMs: null, failures: [] },
      },
    };
  }

  peers(): ReturnType<GstoreNode["peers"]> {
    const away = { ...BERTA, role: "writer" as const };
    return [{ ...away, connected: false, incompatible: null, connection: null }];
  }

  addresses(): string[] {
    return [`/ip4/127.0.0.1/tcp/4000/p2p/${SELF.peer}`];
  }

  async connect(address: string): Promise<NamedNode> {
    this.connected.push(address);
    return BERTA;
  }

  readonly given: string[] = ["/ip4/127.0.0.1/tcp/4001"];
  readonly bootstrap: GstoreNode["bootstrap"] = {
    list: () => this.given.map((address) => ({ address, connectedTo: BERTA })),
    add: (address) => void this.given.push(address),
    remove: (address) => this.given.splice(this.given.indexOf(address), 1).length > 0,
  };

  async ping(name: string): ReturnType<GstoreNode["ping"]> {
    if (name !== BERTA.name) throw new GstoreError("NOT_A_MEMBER", `There is no member ${name}.`);
    return { ...BERTA, roundTripMs: 1.5, address: "/ip4/127.0.0.1/tcp/4001" };
  }

  #limits = { upBytesPerSecond: null as number | null, downBytesPerSecond: null as number | null };

  limits(): ReturnType<GstoreNode["limits"]> {
    return this.#limits;
  }

  setLimits(limits: Parameters<GstoreNode["setLimits"]>[0]): ReturnType<GstoreNode["setLimits"]> {
    this.#limits = { ...this.#limits, ...limits };
    return this.#limits;
  }

  async collectGarbage(
    options: Parameters<GstoreNode["collectGarbage"]>[0] = {},
  ): ReturnType<GstoreNode["collectGarbage"]> {
    options.onProgress?.({ step: "marking", done: 1, total: 2 });
    const found = {
      expired: 1,
      historyPaused: null,
      entries: 2,
      blobs: 3,
      bytes: 30,
      leased: 0,
      unreadable: [],
    };
    return { dryRun: options.dryRun ?? false, ...found };
  }

  async verify(options: Parameters<GstoreNode["verify"]>[0] = {}): ReturnType<GstoreNode["verify"]> {
    options.onProgress?.({ blobs: 1, bytes: 10 });
    if (this.failVerify) throw this.failVerify;
    const damaged = [{ digest: digestOf(Buffer.from("x")) as Digest, reason: "other bytes" }];
    const repair = { blobs: 1, entries: 0, records: 0, unrepairedBlobs: [], unrepairedEntries: [] };
    return {
      ...{ blobs: 2, bytes: 20, damaged, damagedEntries: [], damagedRecords: 0, damagedSpans: [] },
      ...{ files: [], moreFiles: false, repair: options.repair ? repair : null },
    };
  }

  on<E extends keyof NodeEvents>(event: E, listener: (value: NodeEvents[E]) => void): () => void {
    if (event !== "change") return () => {};
    const change = listener as (value: NodeEvents["change"]) => void;
    this.#listeners.add(change);
    return () => void this.#listeners.delete(change);
  }

  emit(change: NodeEvents["change"]): void {
    for (const listener of this.#listeners) listener(change);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  #member(idOrName: string): MemberStatus {
    const found = this.memberList.find(({ peer, name }) => peer === idOrName || name === idOrName);
    if (found === undefined) throw new GstoreError("NOT_A_MEMBER", `There is no member ${idOrName}.`);
    return found;
  }

  #space(name: string = "main"): Map<string, StoredFile> {
    const files = this.#spaces.get(name);
    if (files === undefined) throw new GstoreError("SPACE_NOT_FOUND", `There is no space "${name}".`);
    return files;
  }

  #find(key: string, space?: string): StoredFile {
    const file = this.#space(space).get(key);
    if (file === undefined) throw new GstoreError("KEY_NOT_FOUND", "No such key.", { key });
    return file;
  }

  #streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
    let offset = 0;
    return new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (this.failGet && offset >= this.failGet.afterBytes) return controller.error(this.failGet.error);
          if (offset >= bytes.length) return controller.close();
          // A copy: what a stream gives belongs to its reader.
          const part = Uint8Array.from(bytes.subarray(offset, offset + 65_536));
          offset += part.length;
          this.servedBytes += part.length;
          controller.enqueue(part);
        },
        cancel: () => void this.aborted++,
      },
      { highWaterMark: 0 },
    );
  }
}
