import { chmod, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  type CertificateChain,
  decodeCertificateChain,
  encodeCertificateChain,
  GstoreError,
  type Incarnation,
  incarnationFromBytes,
  type NetworkId,
  type PeerId,
  parseNodeName,
  systemClock,
  systemRandom,
} from "@gstore/core";
import {
  createNetworkSecrets,
  generateIdentity,
  issueCertificate,
  loadIdentity,
  loadNetworkFile,
  type NetworkSecrets,
  type NodeIdentity,
  saveIdentity,
  saveNetworkFile,
  verifyCertificate,
} from "@gstore/crypto";

const INCARNATION_BYTES = 8;

/** Where things lie in a node's folder. */
export interface NodePaths {
  readonly identity: string;
  readonly network: string;
  readonly certificate: string;
  readonly incarnation: string;
  readonly store: string;
}

export function nodePaths(dir: string): NodePaths {
  return {
    identity: join(dir, "identity"),
    network: join(dir, "network.json"),
    certificate: join(dir, "certificate"),
    incarnation: join(dir, "incarnation"),
    store: join(dir, "store"),
  };
}

/** What a node is, as its folder says. */
export interface NodeFolder {
  readonly paths: NodePaths;
  readonly identity: NodeIdentity;
  readonly secrets: NetworkSecrets;
  readonly certificate: CertificateChain;
  readonly name: string;
  readonly incarnation: Incarnation;
}

export interface InitOptions {
  /** The node's folder; made if it is not there. */
  readonly dir: string;
  /** The node's name; default: made from the machine's. */
  readonly name?: string;
  /** A network file of another node of the network to join. Without it a new network is made. */
  readonly networkFile?: string;
}

export interface NodeId {
  readonly id: PeerId;
  readonly name: string;
  readonly network: NetworkId;
  /** Path of the network file. It holds the root key: whoever has it owns the network. */
  readonly networkFile: string;
}

/**
 * Makes a node's folder: an identity, a network (new, or the one of a network file), a certificate. Rejects with
 * `ALREADY_INITIALISED` where there is one, `KEY_FILE_INVALID` for a network file that is none, before anything is made.
 */
export async function initNode(options: InitOptions): Promise<NodeId> {
  const paths = nodePaths(options.dir);
  const name = parseNodeName(options.name ?? defaultName());
  if (await exists(paths.certificate)) {
    throw new GstoreError(
      "ALREADY_INITIALISED",
      `There is a node in ${options.dir} already. Start it with: gstore up`,
      {
        path: options.dir,
      },
    );
  }
  const given = options.networkFile === undefined ? null : await loadNetworkFile(options.networkFile);
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  await chmod(options.dir, 0o700);
  const identity = await keepOrMake(paths.identity, loadIdentity, generateIdentity, saveIdentity);
  const secrets = await keepOrMake(
    paths.network,
    loadNetworkFile,
    () => given ?? createNetworkSecrets(),
    saveNetworkFile,
  );
  const timeMs = systemClock.now();
  const certificate = issueCertificate({
    secrets,
    identity,
    role: "admin",
    name,
    spaces: null,
    parents: [],
    timeMs,
  });
  // Last, since it is what tells a whole folder from one that was given up half-way.
  await writeFileSynced(paths.certificate, encodeCertificateChain([certificate]));
  return { id: identity.peerId, name, network: secrets.networkId, networkFile: paths.network };
}

/** Who the node in a folder is. Rejects with `NOT_INITIALISED`, `KEY_FILE_INVALID`. */
export async function readNodeId(dir: string): Promise<NodeId> {
  const folder = await openNodeFolder(dir);
  const network = folder.secrets.networkId;
  return { id: folder.identity.peerId, name: folder.name, network, networkFile: folder.paths.network };
}

/** Reads and checks a node's folder. */
export async function openNodeFolder(dir: string): Promise<NodeFolder> {
  const paths = nodePaths(dir);
  if (!(await exists(paths.certificate))) {
    throw new GstoreError("NOT_INITIALISED", `There is no node in ${dir}. Make one with: gstore init`, {
      path: dir,
    });
  }
  const [identity, secrets] = await Promise.all([
    loadIdentity(paths.identity),
    loadNetworkFile(paths.network),
  ]);
  const certificate = decodeCertificateChain(await readFile(paths.certificate));
  const admission = verifyCertificate(certificate, {
    networkId: secrets.networkId,
    subject: identity.peerId,
  });
  return {
    paths,
    identity,
    secrets,
    certificate,
    name: admission.name,
    incarnation: await readIncarnation(paths),
  };
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

/** What an init that was cut off has left is used again. */
async function keepOrMake<T>(
  path: string,
  load: (path: string) => Promise<T>,
  make: () => T,
  save: (path: string, value: T) => Promise<void>,
): Promise<T> {
  if (await exists(path)) return await load(path);
  const value = make();
  await save(path, value);
  return value;
}

async function writeFileSynced(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const folder = await open(join(path, ".."), "r");
  await folder.sync().finally(() => folder.close());
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, "r")).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

function defaultName(): string {
  const name = hostname()
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 63);
  return name === "" ? "node" : name;
}
