import { readFileSync, realpathSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";

/** The kernel takes at most 107 bytes (103 on macOS) for a socket's path; a longer one moves to a short folder. */
export const SOCKET_PATH_BYTES_MAX = 100;

/** Where the control socket of one node's folder is, and what is needed to make it so. */
export interface SocketPlace {
  readonly path: string;
  /** Private folders (0700) that must exist, outermost first. The last one holds the socket. */
  readonly folders: readonly string[];
  /** Where `path` is written down if it isn't in the node's folder, else null. */
  readonly recordPath: string | null;
}

/**
 * Where the node of the folder `dir` puts its control socket: `run/control.sock` in that folder, or in a short private
 * folder below the temporary one where that path would be too long. Decided by the folder's real path, so that every
 * name of the same folder gives the same socket.
 */
export function socketPlace(dir: string): SocketPlace {
  const run = join(realPath(dir), "run");
  const inside = join(run, "control.sock");
  if (Buffer.byteLength(inside) <= SOCKET_PATH_BYTES_MAX) {
    return { path: inside, folders: [run], recordPath: null };
  }
  // Not imported, as in http-channel.ts: paths are seldom that long.
  const { createHash } = process.getBuiltinModule("node:crypto");
  const hash = createHash("sha256").update(run).digest("hex").slice(0, 16);
  const userFolder = `gstore-${userInfo().uid}`;
  const paths = [tmpdir(), "/tmp"].map((temporary) => join(temporary, userFolder, `${hash}.sock`));
  const path =
    paths.find((candidate) => Buffer.byteLength(candidate) <= SOCKET_PATH_BYTES_MAX) ?? paths[1] ?? "";
  return { path, folders: [run, join(path, "..")], recordPath: join(run, "socket-path") };
}

/**
 * Where a client finds the socket of the node of `dir`. Reads what the node wrote down, where it had to move its socket:
 * client and node may have different temporary folders.
 */
export function findSocket(dir: string): string {
  const place = socketPlace(dir);
  if (place.recordPath === null) return place.path;
  try {
    return readFileSync(place.recordPath, "utf8").trim();
  } catch {
    return place.path;
  }
}

function realPath(dir: string): string {
  try {
    return realpathSync(dir);
  } catch {
    return resolve(dir);
  }
}
