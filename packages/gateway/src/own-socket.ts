import { chmod, lstat, rename, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { GstoreError } from "@gstore/core";
import type { GatewayServer } from "./gateway-server.ts";
import { ensurePrivateFolder } from "./private-folder.ts";
import type { SocketPlace } from "./socket-path.ts";

/** The control socket as this process made it. */
export interface OwnSocket {
  /** Removes it while the server still listens, and leaves alone what another process has put in its place. Never rejects. */
  remove(): Promise<void>;
}

/**
 * Listens at `path`. The socket is made under another name and renamed: at its end libuv removes the name that it was given,
 * whoever's socket has it by then. That is a newer node's, where the folder was deleted and made anew under an older one.
 */
export async function listen(
  server: GatewayServer,
  { path, folders, recordPath }: SocketPlace,
): Promise<OwnSocket> {
  for (const folder of folders) await ensurePrivateFolder(folder);
  await removeStaleSocket(path);
  // No longer than the path itself, whose length is bounded.
  const madeAt = path.replace(/sock$/, "new");
  await rm(madeAt, { force: true });
  await server.listen({ path: madeAt });
  // The folder already keeps others out; this is for whoever opens it up.
  await chmod(madeAt, 0o600);
  const own = await lstat(madeAt, { bigint: true });
  await rename(madeAt, path);
  if (recordPath !== null) await writeFile(recordPath, `${path}\n`, { mode: 0o600 });
  return {
    remove: async () => {
      // Its inode is not given to another file as long as the socket is open.
      const found = await lstat(path, { bigint: true }).catch(() => undefined);
      if (found?.ino === own.ino && found.dev === own.dev) await rm(path, { force: true }).catch(() => {});
    },
  };
}

/** A process that was killed leaves its socket behind, and nobody can listen there until it is gone. */
async function removeStaleSocket(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw new GstoreError("ALREADY_EXISTS", `${path} is no socket. Remove it and start again.`, { path });
  }
  if (await answers(path)) {
    throw new GstoreError("ALREADY_RUNNING", `A node already answers at ${path}.`, { path });
  }
  await rm(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (found: boolean): void => {
      socket.destroy();
      resolve(found);
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}
