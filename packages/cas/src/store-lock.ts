import { open, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type Clock, GstoreError } from "@gstore/core";
import { diskError } from "./disk-errors.ts";

/** What `lock.json` says about the process that has the store open. For people; it decides nothing. */
interface Holder {
  readonly pid: number;
  readonly command: string;
  readonly since: string;
}

/** The right to use a store's folder, held until `release` or the end of the process. */
export interface StoreLock {
  release(): void;
}

/**
 * Takes the exclusive lock of `dir`. It is SQLite's lock on `lock.db`, which the kernel releases with the process, however
 * that ends: there is no stale lock to guess about. Rejects with `STORE_LOCKED`, which names the holder.
 */
export async function lockStore(dir: string, options: { holder: string; clock: Clock }): Promise<StoreLock> {
  const path = join(dir, "lock.db");
  try {
    // SQLite would create it with the umask's permissions.
    await (await open(path, "a", 0o600)).close();
  } catch (cause) {
    throw diskError(cause, path);
  }
  const database = new (loadSqlite().DatabaseSync)(path, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    throw await lockError(dir, cause);
  }
  try {
    await writeHolder(dir, options);
  } catch (cause) {
    database.close();
    throw diskError(cause, dir);
  }
  return { release: () => closeLock(database) };
}

function closeLock(database: DatabaseSync): void {
  if (database.isOpen) database.close();
}

async function writeHolder(dir: string, { holder, clock }: { holder: string; clock: Clock }): Promise<void> {
  const text: Holder = { pid: process.pid, command: holder, since: new Date(clock.now()).toISOString() };
  const temporary = join(dir, "lock.json.new");
  await writeFile(temporary, `${JSON.stringify(text)}\n`, { mode: 0o600 });
  await rename(temporary, join(dir, "lock.json"));
}

async function lockError(dir: string, cause: unknown): Promise<GstoreError> {
  const SQLITE_BUSY = 5;
  if ((cause as { errcode?: number }).errcode !== SQLITE_BUSY) {
    const SQLITE_READONLY = 8;
    const isReadOnly = (cause as { errcode?: number }).errcode === SQLITE_READONLY;
    return diskError(
      isReadOnly ? Object.assign(new Error("read-only"), { code: "EROFS", cause }) : cause,
      dir,
    );
  }
  const holder = await readHolder(dir);
  const who = holder ? `process ${holder.pid} (${holder.command}) since ${holder.since}` : "another process";
  return new GstoreError(
    "STORE_LOCKED",
    `The store ${dir} is in use by ${who}. Stop it first, or use another folder.`,
    {
      path: dir,
      cause,
    },
  );
}

async function readHolder(dir: string): Promise<Holder | undefined> {
  try {
    const value = JSON.parse(await readFile(join(dir, "lock.json"), "utf8")) as Partial<Holder>;
    const { pid, command, since } = value;
    if (typeof pid === "number" && typeof command === "string" && typeof since === "string") {
      return { pid, command, since };
    }
  } catch {
    // It is written after the lock was taken, so it may not be there yet.
  }
  return undefined;
}

type Sqlite = typeof import("node:sqlite");

/** Loads `node:sqlite` without the warning that it is experimental, which users can do nothing about. */
function loadSqlite(): Sqlite {
  const emitWarning = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    const text = typeof warning === "string" ? warning : warning.message;
    if (text.includes("SQLite is an experimental feature")) return;
    (emitWarning as (...values: unknown[]) => void).call(process, warning, ...rest);
  }) as typeof process.emitWarning;
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
