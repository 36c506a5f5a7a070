import {
  type BulkChannel,
  type Digest,
  decodeEntry,
  digestOf,
  type Entry,
  type EntryId,
  GstoreError,
  type KeyId,
  type MembershipRecord,
  type PeerId,
  parsePeerId,
  type SpaceId,
  systemClock,
} from "@gstore/core";
import { generateIdentity, generateRootKey, issueRecord, openSpaces, SpaceKeys } from "@gstore/crypto";
import {
  type BulkFrame,
  decodeBulkFrame,
  decodeGetFileAnswer,
  decodeHaveBlobsAnswer,
  decodeStoreFileAnswer,
  decodeSyncEntriesAnswer,
  encodeBulkFrame,
  encodeGetFile,
  encodeHaveBlobs,
  encodePushMembers,
  encodeStoreFile,
  encodeSyncEntries,
  encodeSyncMembers,
} from "@gstore/p2p";
import { joinNetwork } from "@gstore/server";
import { issueDeeds } from "./deeds.ts";
import { HostileMember, type Passport, passportOf } from "./hostile-member.ts";
import type { EntryNote, HostileOp, HostileOps, LogNote } from "./hostile-ops.ts";

type Handlers = {
  [Op in HostileOp]: (
    member: HostileMember,
    args: Parameters<HostileOps[Op]>[0],
  ) => Promise<ReturnType<HostileOps[Op]>> | ReturnType<HostileOps[Op]>;
};

/** Does what {@link HostileOps} says, with any number of members at once. What one of them made the others may use. */
export class HostileProgram {
  readonly #members = new Map<string, HostileMember>();
  readonly #entries = new Map<string, Entry>();
  readonly #records = new Map<string, MembershipRecord>();
  readonly #transfers = new Map<string, BulkChannel>();

  async do(op: HostileOp, args: Parameters<HostileOps[HostileOp]>[0]): Promise<unknown> {
    if (op === "join") return await this.#join(args as Parameters<HostileOps["join"]>[0]);
    if (op === "pretend") return await this.#pretend(args as Parameters<HostileOps["pretend"]>[0]);
    const handler = this.#handlers[op] as (member: HostileMember, args: unknown) => unknown;
    return await handler(this.#member(args.as), args);
  }

  readonly #handlers: Omit<Handlers, "join" | "pretend"> = {
    connect: async ({ network }, { address }) => ({ peer: await network.connect(address) }),
    gone: async (member, { peer }) => await member.gone(peer as PeerId).then(() => null),
    log: async (member, { to }) => {
      await member.learn(to as PeerId);
      return logNote(member);
    },
    tell: (member, { from }) => {
      for (const record of this.#member(from).records()) member.know(record);
      return logNote(member);
    },
    open: ({ state, identity }, { entry }) => {
      const { body } = this.#entry(entry);
      const space = openSpaces(state, identity).find(({ id }) => id === body.space);
      if (space === undefined) throw new GstoreError("KEY_MISSING", "It holds no key of that space.");
      return new SpaceKeys(space).openMetadata({ body }).name;
    },
    hush: (member) => {
      member.isHushed = true;
      return null;
    },
    hammer: async (member, { to, space, digest }) => {
      const ends: Record<string, number> = {};
      const asked = [
        ["entries", encodeSyncEntries([])],
        ["membership", encodeSyncMembers([])],
        ["blobs", encodeHaveBlobs({ space: space as SpaceId, digests: [digest as Digest] })],
      ] as const;
      while (member.network.peers().some(({ peer }) => peer === to)) {
        for (const [purpose, message] of asked) {
          const end = await member.network.request(to as PeerId, purpose, message).then(
            () => "answered",
            (error: GstoreError) => error.code,
          );
          ends[`${purpose} ${end}`] = (ends[`${purpose} ${end}`] ?? 0) + 1;
        }
      }
      return ends;
    },
    certificate: ({ state, identity }) => (state.certificateOf(identity.peerId) ?? []).map(({ id }) => id),
    write: (member, args) => this.#write(member, args),
    announce: async ({ network, blobs }, { to, entries, hold = true, blobs: withBlobs = true }) => {
      const given = entries.map((id) => this.#entry(id));
      const roots = given.flatMap(({ body }) => blobs.get(body.content?.digest as Digest) ?? []);
      const message = encodeStoreFile({
        entries: given.map(({ bytes }) => bytes),
        hold: hold ? [...given.keys()] : [],
        blobs: withBlobs ? roots : [],
      });
      const answer = await network.request(to as PeerId, "entries", message);
      return decodeStoreFileAnswer(answer, given.length);
    },
    offer: (member, { entries }) => {
      member.offered = entries.map((id) => this.#entry(id));
      return null;
    },
    sync: async ({ network }, { to }) => {
      const answer = await network.request(to as PeerId, "entries", encodeSyncEntries([]));
      const { entries, more } = decodeSyncEntriesAnswer(answer);
      if (more) throw new Error("more entries than one page holds");
      return entries.map((bytes) => this.#keep(decodeEntry(bytes)));
    },
    heads: async ({ network }, { to, space, keyId }) => {
      const question = encodeGetFile({ space: space as SpaceId, keyId: keyId as KeyId });
      return decodeGetFileAnswer(await network.request(to as PeerId, "entries", question));
    },
    have: async ({ network }, { to, space, digests }) => {
      const question = encodeHaveBlobs({ space: space as SpaceId, digests: digests as Digest[] });
      return decodeHaveBlobsAnswer(await network.request(to as PeerId, "blobs", question), digests.length);
    },
    push: async (member, { to, space, digests }) => {
      const blobs = digests.map((digest): BulkFrame => {
        return {
          type: "blob",
          digest: digest as Digest,
          bytes: member.blobs.get(digest as Digest) as Uint8Array,
        };
      });
      const back = await transfer(member, to, [{ type: "push", space: space as SpaceId }, ...blobs]);
      const last = back.at(-1);
      return last?.type === "stored" ? last.count : 0;
    },
    fetch: async (member, { to, space, digests }) => {
      const back = await transfer(member, to, [
        { type: "fetch", space: space as SpaceId },
        { type: "want", digests: digests as Digest[] },
      ]);
      return back.map((frame) =>
        frame.type === "blob" ? Buffer.from(frame.bytes).toString("base64") : null,
      );
    },
    openBulk: async ({ network }, { as, to, space, digest }) => {
      const channel = await network.openBulk(to as PeerId);
      await channel.send(...encodeBulkFrame({ type: "fetch", space: space as SpaceId }));
      await channel.send(...encodeBulkFrame({ type: "want", digests: [digest as Digest] }));
      await channel.receive();
      this.#transfers.set(`${as} ${to}`, channel);
      return null;
    },
    bulkEnd: async (_member, { as, to }) => {
      const ended = this.#transfers.get(`${as} ${to}`)?.receive();
      return (await ended?.then(
        () => "ended",
        (error: GstoreError) => error.code,
      )) as string;
    },
    issue: (member, { deeds, parents, byThrowaway }) => {
      const records = issueDeeds(deeds, {
        signer: byThrowaway ? generateIdentity() : member.identity,
        networkId: member.networkId,
        parents: (parents as Digest[] | undefined) ?? member.state.heads,
      });
      for (const record of records) this.#records.set(record.id, record);
      return records.map(({ id }) => id);
    },
    pushMembers: async ({ network }, { to, records }) => {
      const given = records.map((id) => (this.#records.get(id) as MembershipRecord).bytes);
      await network.request(to as PeerId, "membership", encodePushMembers(given));
      return null;
    },
  };

  async #join({ as, ticket, dir }: Parameters<HostileOps["join"]>[0]) {
    await joinNetwork({ dir, ticket, name: as });
    return await this.#start(as, await passportOf(dir));
  }

  async #pretend({ as, of, with: how }: Parameters<HostileOps["pretend"]>[0]) {
    const identity = generateIdentity();
    const root = generateRootKey();
    const other = of === undefined ? undefined : this.#member(of);
    const networkId = how === "own network" || other === undefined ? root.networkId : other.networkId;
    const shown = other?.state.certificateOf(other.identity.peerId) ?? [];
    const admission = issueRecord({
      signer: how === "issued" && other !== undefined ? other.identity : root,
      networkId,
      parents: how === "issued" ? shown.slice(0, 1).map(({ id }) => id) : [],
      operation: {
        ...{ op: "admit", member: identity.peerId, agreementKey: identity.agreementPublicKey },
        ...{ role: "admin", name: as, spaces: null },
      },
      timeMs: systemClock.now(),
    });
    const certificate = how === "borrowed" ? shown : [admission, ...(how === "issued" ? shown : [])];
    return await this.#start(as, { identity, networkId, records: certificate, certificate });
  }

  async #start(as: string, passport: Passport): Promise<{ id: string; address: string }> {
    const member = new HostileMember(passport);
    this.#members.set(as, member);
    await member.start();
    return { id: member.identity.peerId, address: member.network.addresses()[0] ?? "" };
  }

  #member(name: string): HostileMember {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`there is no ${name}`);
    return member;
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Error(`there is no entry ${id}`);
    return entry;
  }

  #keep(entry: Entry): EntryNote {
    const { id, body } = entry;
    this.#entries.set(id, entry);
    const { dot, seq, space, keyId, content } = body;
    return { id, author: dot.author, seq, space, keyId, root: content?.digest ?? null };
  }

  #write(member: HostileMember, args: Parameters<HostileOps["write"]>[0]) {
    const { key, text, author, seq, timeMs, anew = false } = args;
    const keys = member.keysOf(args.space) ?? null;
    const { entry, blobs } = member.forger.write({
      ...{
        space: keys?.id ?? (args.space as SpaceId),
        keys,
        key,
        text,
        context: [],
        seq,
        timeMs,
        isAnew: anew,
      },
      heads: (args.heads as Digest[] | undefined) ?? member.state.heads,
      author: author === undefined ? undefined : parsePeerId(author),
      prev: args.prev as EntryId | null | undefined,
    });
    member.keepBlobs(blobs);
    return { ...this.#keep(entry), blobs: blobs.map((blob) => digestOf(blob)) };
  }
}

/** Sends frames on one transfer and gives what came back; rejects with the error that ended it. */
async function transfer(
  { network }: HostileMember,
  to: string,
  frames: readonly BulkFrame[],
): Promise<BulkFrame[]> {
  const channel = await network.openBulk(to as PeerId);
  const back: BulkFrame[] = [];
  for (const frame of frames) await channel.send(...encodeBulkFrame(frame));
  await channel.end();
  for (let bytes = await channel.receive(); bytes !== null; bytes = await channel.receive())
    back.push(decodeBulkFrame(bytes));
  return back;
}

function logNote({ state, identity }: HostileMember): LogNote {
  const members = [...state.members.values()].map(({ peer, name, role }) => ({ peer, name, role }));
  const spaces = [...state.spaces.values()].map(({ id, currentEpoch }) => {
    const held = openSpaces(state, identity).find((space) => space.id === id);
    return {
      id,
      name: held?.name ?? null,
      epochs: held?.epochs.map((epoch) => epoch.id) ?? [],
      currentEpoch,
    };
  });
  return { members, removed: [...state.removed.keys()], heads: state.heads, spaces };
}
