import type { DiskFiles } from "@gstore/cas/internals";
import {
  type CertificateChain,
  type Incarnation,
  incarnationFromBytes,
  type MembershipRecord,
  type Random,
} from "@gstore/core";
import type { NodeIdentity, RootKey } from "@gstore/crypto";
import { refusedByDisk, type SyncedFile } from "@gstore/server/internals";

const FOLDER = "/node";
const INCARNATION_PATH = `${FOLDER}/incarnation`;
const INCARNATION_BYTES = 8;

/** What a node's folder says of it from the beginning, and never otherwise. */
export interface NodeFounding {
  readonly name: string;
  readonly identity: NodeIdentity;
  readonly rootKey: RootKey | null;
  /** The membership log that it began with. */
  readonly records: readonly MembershipRecord[];
  /** Its certificate as of the beginning. */
  readonly certificate: CertificateChain;
}

/** A small file of a node's folder on the simulated disk. */
export function fileOfFolder(files: DiskFiles, name: string): SyncedFile {
  const path = `${FOLDER}/${name}`;
  return {
    path,
    read: () => files.readWhole(path),
    replace: (bytes) => replaceFile(files, path, bytes),
  };
}

export async function readIncarnation(files: DiskFiles, random: Random): Promise<Incarnation> {
  const bytes = await files.readWhole(INCARNATION_PATH);
  if (bytes?.length === INCARNATION_BYTES) return incarnationFromBytes(bytes);
  return await renewIncarnation(files, random);
}

export async function renewIncarnation(files: DiskFiles, random: Random): Promise<Incarnation> {
  const bytes = random.bytes(INCARNATION_BYTES);
  await replaceFile(files, INCARNATION_PATH, bytes);
  return incarnationFromBytes(bytes);
}

async function replaceFile(files: DiskFiles, path: string, bytes: Uint8Array): Promise<void> {
  try {
    await files.replace(path, bytes);
    await files.syncFolder(FOLDER);
  } catch (cause) {
    throw refusedByDisk(cause, path);
  }
}
