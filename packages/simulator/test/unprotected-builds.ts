import type { DiskFiles } from "@gstore/cas/internals";
import type {
  BlobStore,
  DiskStore,
  Entry,
  EntryRecord,
  EntryStore,
  PeerHandlers,
  PeerNetwork,
} from "@gstore/core";
import { provePossession } from "@gstore/crypto";
import {
  decodeLeaseVersions,
  decodeProveBlobs,
  decodeStoreFile,
  encodeLeaseVersionsAnswer,
  encodeProveBlobsAnswer,
  encodeStoreFileAnswer,
  messageType,
} from "@gstore/p2p";
import type { Members, NodeMakings } from "@gstore/server/internals";
import { bitRot, slowDisk } from "../src/faults/disk-faults.ts";
import { machineLost } from "../src/faults/membership-changes.ts";
import { badLink, oneWay } from "../src/faults/network-faults.ts";
import { capacityChange, policyChange } from "../src/faults/placement-changes.ts";
import { powerCut } from "../src/faults/process-faults.ts";
import { over } from "../src/history/observed-disk.ts";
import type { Profile } from "../src/run/profile.ts";
import type { Build } from "../src/world/build.ts";

type Versions = Parameters<DiskStore["appendVersions"]>[0];
type Request = Parameters<PeerHandlers["request"]>;

/** A build that lacks one protection, taken away at the port where it would show, and the rule that notices. */
export interface UnprotectedBuild extends Build {
  readonly notices: RegExp;
  /** What the runs have to be like, where only some of the usual ones would come to it. */
  readonly profile?: Partial<Profile>;
  /** A seed that notices, or some seeds before it; default 1. In a run no longer than it needs: most seeds of such a one notice nothing. */
  readonly firstSeed?: number;
}

/** Runs in which who should hold what changes often. */
const CHANGING: Partial<Profile> = {
  ...{ nodes: 5, topology: "mesh", keys: 6, policy: null, historyMs: null, purgeGapMs: null },
  ...{ operationGapMs: 1500, faultGapMs: 5000, faultMs: 30_000 },
};

/** One key that is written and purged all the time. */
const PURGING: Partial<Profile> = {
  ...{ nodes: 3, topology: "mesh", keys: 1, policy: null, historyMs: null, faults: [badLink] },
  ...{ durationMs: 25_000, operationGapMs: 300, purgeGapMs: 1500, faultGapMs: 3000, faultMs: 5000 },
};

/** Each is noticed by one of its first seeds. */
export const UNPROTECTED: readonly UnprotectedBuild[] = [
  {
    name: "writes are acknowledged before the disk has synced them",
    firstSeed: 6,
    notices: /no acknowledged version is lost|all members agree|can be read by all|^I4:/,
    files: (files: DiskFiles) =>
      over(files, {
        open: async (...given: Parameters<DiskFiles["open"]>) =>
          over(await files.open(...given), { datasync: async () => {} }),
      }),
  },
  {
    name: "the names of new packs are not synced",
    notices: /no acknowledged version is lost|all members agree|a read does not come behind|^I4:/,
    profile: { faults: [powerCut], nodes: 3 },
    files: (files: DiskFiles) => over(files, { syncFolder: async () => {} }),
  },
  {
    name: "an entry is written while its blobs still are",
    notices: /^I[34]:/,
    disk: (disk: DiskStore) =>
      over(disk, {
        blobs: over(disk.blobs, {
          put: async (...given: Parameters<BlobStore["put"]>) => {
            later(disk.blobs.put(...given));
            return true;
          },
        }),
      }),
  },
  {
    name: "an entry is announced before it is synced",
    notices: /^I4:/,
    disk: (disk: DiskStore) =>
      over(disk, {
        appendVersions: async (versions: Versions) => {
          later(disk.appendVersions(versions));
          return versions.map(() => true);
        },
      }),
  },
  {
    name: "a node says that it holds what it was only told of",
    notices: /^I4:/,
    handlers: (handlers: PeerHandlers) =>
      over(handlers, {
        request: async (...given: Request) => {
          const [, , message] = given;
          const answer = handlers.request(...given);
          if (messageType(message) !== "storeFile") return await answer;
          later(answer);
          return encodeStoreFileAnswer(decodeStoreFile(message).entries.map(() => "held"));
        },
      }),
  },
  {
    name: "an entry names the versions that it replaces, not all that was seen of the key",
    notices: /a write supersedes what its node had/,
    disk: (disk: DiskStore) =>
      over(disk, {
        entries: over(disk.entries, {
          heads: async (...given: Parameters<EntryStore["heads"]>) =>
            (await disk.entries.heads(...given)).map(withoutContext),
        }),
      }),
  },
  {
    name: "an entry names nothing of what was seen of the key",
    notices: /a write supersedes what its node had/,
    disk: (disk: DiskStore) => over(disk, { entries: over(disk.entries, { heads: async () => [] }) }),
  },
  {
    name: "readers write, and what they write is accepted",
    firstSeed: 6,
    notices: /all members show the same version of each key/,
    members: (members: Members) => over(members, { mayWrite: () => true, mayAuthor: () => "yes" as const }),
  },
  {
    name: "missing copies are not made again",
    notices: /all members agree.*only .* wanted are/,
    profile: { faults: [machineLost], nodes: 5, policy: null },
    makings: (makings: NodeMakings) => ({
      ...makings,
      repair: { ...makings.repair, belowMinAfterMs: NEVER_MS, belowCopiesAfterMs: NEVER_MS },
    }),
  },
  {
    name: "surplus copies are kept",
    notices: /all members agree.* hold .* wanted are/,
    makings: (makings: NodeMakings) => ({ ...makings, repair: null }),
  },
  {
    name: "a copy is given up counting on holders that promised nothing",
    notices: /a copy is given up only while/,
    firstSeed: 26,
    profile: {
      ...CHANGING,
      durationMs: 80_000,
      faults: [policyChange, capacityChange, badLink, slowDisk],
      historyMs: 12_000,
      operationGapMs: 500,
    },
    makings: (makings: NodeMakings) => ({ ...makings, network: withoutLeases(makings) }),
  },
  {
    name: "a copy is given up counting on holders that proved nothing",
    notices: /a copy is given up only while/,
    firstSeed: 3,
    profile: { ...CHANGING, durationMs: 80_000, faults: [policyChange, capacityChange, bitRot] },
    makings: (makings: NodeMakings) => ({ ...makings, network: withoutProofs(makings) }),
  },
  {
    name: "garbage is collected whatever running puts rely on",
    notices: /nothing that is kept is collected|^I3:/,
    firstSeed: 26,
    profile: { ...CHANGING, durationMs: 50_000, faults: [policyChange, slowDisk], historyMs: 10_000 },
    disk: (disk: DiskStore) =>
      over(disk, { blobs: over(disk.blobs, { hold: () => ({ release: () => {} }) }) }),
  },
  {
    name: "superseded versions are given up at once",
    notices: /no version before its history is over/,
    profile: { historyMs: 20_000 },
    makings: (makings: NodeMakings) => ({
      ...makings,
      collection: { ...makings.collection, historyMs: 0 },
    }),
  },
  {
    name: "a receipt of a purge is signed before the old bytes are gone",
    notices: /nothing that was sealed is on a disk whose node signed/,
    profile: PURGING,
    disk: (disk: DiskStore) =>
      over(disk, {
        entries: over(disk.entries, {
          destroyStripped: async () => {
            later(disk.entries.destroyStripped());
            return true;
          },
        }),
      }),
  },
  {
    name: "the removal of packs with purged metadata is not synced",
    notices: /nothing that was sealed is on a disk whose node signed/,
    profile: { ...PURGING, faults: [powerCut] },
    files: (files: DiskFiles) => {
      // The names of what it makes are synced.
      let isMade = false;
      return over(files, {
        open: async (...given: Parameters<DiskFiles["open"]>) => {
          isMade ||= given[1] === "create";
          return await files.open(...given);
        },
        syncFolder: async (folder: string) => {
          if (isMade) await files.syncFolder(folder);
          isMade = false;
        },
      });
    },
  },
  {
    name: "what a purge covers is stored whole where it comes later",
    notices: /nothing that was sealed is on a disk whose node signed/,
    firstSeed: 3,
    profile: { ...PURGING, faults: [badLink, oneWay] },
    disk: (disk: DiskStore) => over(disk, { entries: over(disk.entries, { isSeen: async () => false }) }),
  },
];

/** Who answers for the holders what the node would ask them: that they promise to keep what they have. */
function withoutLeases({ network }: NodeMakings): PeerNetwork {
  return over(network, {
    request: async (...given: Parameters<PeerNetwork["request"]>) => {
      const [, , message] = given;
      if (messageType(message) !== "leaseVersions") return await network.request(...given);
      return encodeLeaseVersionsAnswer(decodeLeaseVersions(message).versions);
    },
  });
}

/** The same, that they have what this node has. */
function withoutProofs({ network, disk }: NodeMakings): PeerNetwork {
  return over(network, {
    request: async (...given: Parameters<PeerNetwork["request"]>) => {
      const [holder, , message] = given;
      if (messageType(message) !== "proveBlobs") return await network.request(...given);
      const { space, nonce, digests } = decodeProveBlobs(message);
      const challenge = { nonce, challenger: network.self, holder, space };
      const proofs = digests.map(async (digest) =>
        provePossession(challenge, digest, await disk.blobs.get(digest)),
      );
      return encodeProveBlobsAnswer(await Promise.all(proofs));
    },
  });
}

const NEVER_MS = 1_000_000_000;

/** What a build does not wait for, and what became of it. */
function later(work: Promise<unknown>): void {
  work.catch(() => {});
}

function withoutContext(record: EntryRecord): EntryRecord {
  const entry: Entry = { ...record.entry, body: { ...record.entry.body, context: [] } };
  return { ...record, entry };
}
