import { chmod, mkdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import {
  type CborValue,
  type CertificateChain,
  decodeCbor,
  decodeMembershipRecord,
  encodeCbor,
  evaluateMembership,
  GstoreError,
  type Incarnation,
  incarnationFromBytes,
  type MembershipOperation,
  type MembershipRecord,
  type NetworkId,
  NODE_NAME_BYTES_MAX,
  type PeerId,
  parseNodeName,
  systemClock,
  systemRandom,
} from "@gstore/core";
import {
  createSpaceRecords,
  generateRootKey,
  issueRecord,
  type NodeIdentity,
  RootKey,
  recoveryWords,
  seedOfRecoveryWords,
} from "@gstore/crypto";
import { KeyFiles, type PassphraseSource } from "./key-files.ts";
import { type NodePaths, nodePaths } from "./node-paths.ts";
import { exists, writeFileSynced } from "./synced-file.ts";

const INCARNATION_BYTES = 8;
/** Bytes of the file of first records: a whole membership log of a few thousand. */
const RECORDS_FILE_BYTES_MAX = 64 * 1024 * 1024;
const MAIN_SPACE = "main";

/** What a node is, as its folder says. */
export interface NodeFolder {
  readonly paths: NodePaths;
  readonly identity: NodeIdentity;
  readonly networkId: NetworkId;
  /** Where this node holds it; others have none. */
  readonly rootKey: RootKey | null;
  /** The membership records it began with: among them the one that admits it. */
  readonly records: readonly MembershipRecord[];
  /** Its certificate as of the beginning. */
  readonly certificate: CertificateChain;
  readonly name: string;
  readonly incarnation: Incarnation;
}

export interface InitOptions {
  /** The node's folder; made if it is not there. */
  readonly dir: string;
  /** The node's name; default: made from the machine's. */
  readonly name?: string;
  /** The network file of another node of the network to join. Without it and the words a new network is made. */
  readonly networkFile?: string;
  /** Opens that file, where it is under a passphrase. */
  readonly networkFilePassphrase?: PassphraseSource;
  /** The recovery words of the network to join. */
  readonly recoveryWords?: string;
  /** Puts the key files under a passphrase; without one only their mode protects them. */
  readonly passphrase?: string;
}

/** How the key files of a folder are opened. */
export interface OpenOptions {
  /** Their passphrase, or who gives it: asked only where one of them is under it. */
  readonly passphrase?: PassphraseSource;
}

export interface NodeId {
  readonly id: PeerId;
  readonly name: string;
  readonly network: NetworkId;
  /** Path of the network file, which holds the root key: whoever has it owns the network. Null where this node has none. */
  readonly networkFile: string | null;
}

/**
 * Makes a node's folder as an admin's: an identity, a network (new, or the one of a network file or recovery words), a
 * certificate. Rejects with `ALREADY_INITIALISED` where there is one, `KEY_FILE_INVALID` or `PASSPHRASE_NEEDED` for a network
 * file that is none or does not open, before anything is made. What an init that was cut off has left is used again.
 */
export async function initNode(options: InitOptions): Promise<NodeId & { readonly networkFile: string }> {
  const { dir, passphrase } = options;
  const paths = nodePaths(dir);
  const givenName = options.name === undefined ? undefined : parseNodeName(options.name);
  await refuseInitialised(dir);
  const given = await givenRootKey(options);
  await makeFolder(dir);
  const files = new KeyFiles(passphrase);
  const { identity } = await files.keepOrMakeIdentity(paths.identity, passphrase);
  const makeRoot = (): RootKey => given ?? generateRootKey();
  const root = await files.keepOrMakeRootKey(paths.network, makeRoot, passphrase);
  if (given !== null && root.networkId !== given.networkId) throw leftOver(paths.network);
  const name = givenName ?? defaultName(identity.peerId);
  await writeRecords(paths, firstRecords(root, identity, { name, isNewNetwork: given === null }));
  return { id: identity.peerId, name, network: root.networkId, networkFile: paths.network };
}

/** The root key of the network to join; null for a new network. */
async function givenRootKey(options: InitOptions): Promise<RootKey | null> {
  const { networkFile, networkFilePassphrase, recoveryWords: words } = options;
  if (networkFile !== undefined) return await new KeyFiles(networkFilePassphrase).rootKey(networkFile);
  return words === undefined ? null : new RootKey(seedOfRecoveryWords(words));
}

function leftOver(path: string): GstoreError {
  const message = `${path} is of another network, left by an init that was cut off. Move it away first.`;
  return new GstoreError("KEY_FILE_INVALID", message, { path });
}

/** Rejects with `ALREADY_INITIALISED` where there is a node in a folder. */
export async function refuseInitialised(dir: string): Promise<void> {
  if (!(await exists(nodePaths(dir).membership))) return;
  throw new GstoreError(
    "ALREADY_INITIALISED",
    `There is a node in ${dir} already. Start it with: gstore up`,
    {
      path: dir,
    },
  );
}

/** Who the node in a folder is. Rejects with `NOT_INITIALISED`, `KEY_FILE_INVALID`, `PASSPHRASE_NEEDED`. */
export async function readNodeId(dir: string, options: OpenOptions = {}): Promise<NodeId> {
  const { identity, name, networkId, rootKey, paths } = await openNodeFolder(dir, options);
  return { id: identity.peerId, name, network: networkId, networkFile: rootKey && paths.network };
}

/** The 24 words that restore a network's root key. Rejects with `KEY_MISSING` where the node in a folder does not hold it. */
export async function readRecoveryWords(dir: string, options: OpenOptions = {}): Promise<string> {
  const { rootKey } = await openNodeFolder(dir, options);
  if (rootKey === null) {
    const message = "This node lacks the network's root key. The node that made the network has it.";
    throw new GstoreError("KEY_MISSING", message, { path: dir });
  }
  const seed = rootKey.exportSeed();
  const words = recoveryWords(seed);
  seed.fill(0);
  return words;
}

/** Rejects with `NOT_INITIALISED` where there is no node in a folder. */
export async function refuseUninitialised(dir: string): Promise<void> {
  if (await exists(nodePaths(dir).membership)) return;
  throw new GstoreError("NOT_INITIALISED", `There is no node in ${dir}. Make one with: gstore init`, {
    path: dir,
  });
}

/** Reads and checks a node's folder. */
export async function openNodeFolder(dir: string, { passphrase }: OpenOptions = {}): Promise<NodeFolder> {
  const paths = nodePaths(dir);
  await refuseUninitialised(dir);
  const files = new KeyFiles(passphrase);
  const identity = await files.identity(paths.identity);
  const records = await readRecords(paths);
  const rootKey = (await exists(paths.network)) ? await files.rootKey(paths.network) : null;
  const networkId = records[0]?.body.network as NetworkId;
  const state = evaluateMembership(records, networkId);
  const certificate = state.certificateOf(identity.peerId);
  const name = state.members.get(identity.peerId)?.name;
  if (
    certificate === undefined ||
    name === undefined ||
    (rootKey !== null && rootKey.networkId !== networkId)
  ) {
    throw new GstoreError("KEY_FILE_INVALID", `The files in ${dir} do not belong together.`, { path: dir });
  }
  return {
    paths,
    identity,
    networkId,
    rootKey,
    records,
    certificate,
    name,
    incarnation: await readIncarnation(paths),
  };
}

/** The log of a new network: its first admin, its recovery key, the space main. For one that is there, the admission alone. */
function firstRecords(
  root: RootKey,
  identity: NodeIdentity,
  { name, isNewNetwork }: { name: string; isNewNetwork: boolean },
): MembershipRecord[] {
  const timeMs = systemClock.now();
  const { networkId } = root;
  const records: MembershipRecord[] = [];
  const issue = (operation: MembershipOperation): void => {
    const parents = evaluateMembership(records, networkId).heads;
    records.push(issueRecord({ signer: root, networkId, parents, operation, timeMs }));
  };
  const { peerId: member, agreementPublicKey: agreementKey } = identity;
  issue({ op: "admit", member, agreementKey, role: "admin", name, spaces: null });
  if (!isNewNetwork) return records;
  issue({ op: "recovery", agreementKey: root.agreementPublicKey });
  const state = evaluateMembership(records, networkId);
  return [...records, ...createSpaceRecords({ state, signer: root, timeMs, name: MAIN_SPACE }).records];
}

/** Makes a node's folder. Gives the topmost folder that was made for it, if any was. */
export async function makeFolder(dir: string): Promise<string | undefined> {
  const made = await mkdir(dir, { recursive: true, mode: 0o700 });
  // A folder that was there keeps its mode, whatever it is (it could be /tmp); the files in it are their owner's alone.
  if (made !== undefined) await chmod(dir, 0o700);
  return made;
}

/** Written last, since it is what tells a whole folder from one that was given up half-way. */
export async function writeRecords(paths: NodePaths, records: readonly MembershipRecord[]): Promise<void> {
  await writeFileSynced(paths.membership, encodeCbor(records.map(({ bytes }) => bytes)));
}

async function readRecords(paths: NodePaths): Promise<MembershipRecord[]> {
  const what = "The file of membership records";
  const value = decodeCbor(await readFile(paths.membership), { bytesMax: RECORDS_FILE_BYTES_MAX, what });
  if (!Array.isArray(value) || value.length === 0)
    throw new GstoreError("KEY_FILE_INVALID", `${what} is damaged.`);
  return value.map((record: CborValue) => {
    if (record instanceof Uint8Array) return decodeMembershipRecord(record);
    throw new GstoreError("KEY_FILE_INVALID", `${what} is damaged.`);
  });
}

/** Takes a new incarnation, from which this node's entries are numbered anew. */
export async function renewIncarnation(paths: NodePaths): Promise<Incarnation> {
  const bytes = systemRandom.bytes(INCARNATION_BYTES);
  await writeFileSynced(paths.incarnation, bytes);
  return incarnationFromBytes(bytes);
}

async function readIncarnation(paths: NodePaths): Promise<Incarnation> {
  const bytes = await readFile(paths.incarnation).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  return bytes?.length === INCARNATION_BYTES ? incarnationFromBytes(bytes) : await renewIncarnation(paths);
}

/** The machine's name, and the end of the id: two nodes of one network are seldom on machines with the same name, but they can be. */
export function defaultName(peer: PeerId): string {
  const host = hostname()
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, NODE_NAME_BYTES_MAX - 5);
  return `${host === "" ? "node" : host}-${peer.slice(-4)}`;
}
