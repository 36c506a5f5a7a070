import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Digest, digestOf, type ErrorCode, GstoreError } from "@gstore/core";
import { decryptKeyFile, encryptKeyFile, type ProtectedBytes } from "./passphrase.ts";
import { SecretFields } from "./secret-fields.ts";

/** What a file says it is. `what` names it in messages. */
export interface SecretFileKind {
  readonly format: string;
  readonly version: number;
  readonly what: string;
}

type Content = Readonly<Record<string, unknown>>;

/** How a key file is kept. */
export interface KeyFileOptions {
  /** Encrypts the file; without it only its mode protects it. */
  readonly passphrase?: string;
}

const MODE_OWNER_ONLY = 0o600;
const MODE_OTHERS = 0o077;
/** Bytes of a key file: thousands of epochs fit, and nobody makes us read a disk image. */
const FILE_BYTES_MAX: number = 1024 * 1024;
const CHECKSUM = "checksum";
const LINKS_UNSUPPORTED = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/**
 * Writes a key file: JSON with its format, version and a checksum, mode 0600 whatever the umask. It appears under its
 * name whole and synced, or not at all; a name that is taken is refused with `ALREADY_INITIALISED`.
 */
export async function writeSecretFile(
  path: string,
  kind: SecretFileKind,
  content: Content,
  options: KeyFileOptions = {},
): Promise<void> {
  const kept = options.passphrase === undefined ? content : await protect(kind, content, options.passphrase);
  const head = { format: kind.format, version: kind.version, ...kept };
  const text = `${JSON.stringify({ ...head, [CHECKSUM]: checksumOf(head) }, null, 2)}\n`;
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await writeSynced(temporary, text);
    try {
      await takeName(temporary, path);
    } finally {
      await unlink(temporary).catch(ignoreMissing);
    }
    await syncFolder(dirname(path));
  } catch (error) {
    throw writeError(error, path, kind);
  }
}

/** Reads a key file's content without its head and checksum. Rejects as {@link import("./identity.ts").loadIdentity} says. */
export async function readSecretFile(
  path: string,
  kind: SecretFileKind,
  options: KeyFileOptions = {},
): Promise<Content> {
  let text: string;
  try {
    text = await readOwned(path, kind);
  } catch (error) {
    throw readError(error, path, kind);
  }
  const content = parse(text, path, kind);
  return Object.hasOwn(content, "sealed")
    ? await unprotect(path, kind, content, options.passphrase)
    : content;
}

/** The content under a passphrase, in hexadecimal. */
async function protect(kind: SecretFileKind, content: Content, passphrase: string): Promise<Content> {
  const plain = Buffer.from(JSON.stringify(content));
  const { salt, sealed, ...cost } = await encryptKeyFile(plain, passphrase, { head: headOf(kind) });
  plain.fill(0);
  return { ...cost, salt: Buffer.from(salt).toString("hex"), sealed: Buffer.from(sealed).toString("hex") };
}

async function unprotect(
  path: string,
  kind: SecretFileKind,
  content: Content,
  passphrase: string | undefined,
): Promise<Content> {
  if (passphrase === undefined) {
    throw new GstoreError("PASSPHRASE_NEEDED", `${kind.what} ${path} is under a passphrase.`, { path });
  }
  const fields = new SecretFields(content, { path, what: kind.what });
  const protectedBytes: ProtectedBytes = {
    kdf: fields.text("kdf", /^scrypt$/) as "scrypt",
    cost: fields.number("cost"),
    blockSize: fields.number("blockSize"),
    parallelization: fields.number("parallelization"),
    salt: fields.bytes("salt"),
    sealed: fields.bytes("sealed"),
  };
  fields.end();
  const plain = await decryptKeyFile(protectedBytes, passphrase, { head: headOf(kind) });
  try {
    return JSON.parse(Buffer.from(plain).toString("utf8")) as Content;
  } finally {
    plain.fill(0);
  }
}

function headOf(kind: SecretFileKind): Uint8Array {
  return Buffer.from(`${kind.format} ${kind.version}`);
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", MODE_OWNER_ONLY);
  try {
    // The umask may have taken bits away, never added any.
    await file.chmod(MODE_OWNER_ONLY);
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await unlink(path).catch(ignoreMissing);
    throw error;
  } finally {
    await file.close();
  }
}

/** Gives the file its name unless that is taken: a link fails where a rename would replace. */
async function takeName(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (!LINKS_UNSUPPORTED.includes(systemCodeOf(error) ?? "")) throw error;
    const isTaken = await access(path).then(
      () => true,
      (cause) => systemCodeOf(cause) !== "ENOENT",
    );
    if (isTaken) throw Object.assign(new Error("the name is taken"), { code: "EEXIST" });
    await rename(temporary, path);
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows can't open a folder; its file systems log the change of a name by themselves.
  if (process.platform === "win32") return;
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readOwned(path: string, kind: SecretFileKind): Promise<string> {
  // Without O_NONBLOCK a named pipe would hold us up for ever.
  const file: FileHandle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const { mode, size, isRegular } = await file
      .stat()
      .then((stat) => ({ mode: stat.mode, size: stat.size, isRegular: stat.isFile() }));
    if (!isRegular || size > FILE_BYTES_MAX) throw invalid(path, kind, "is no key file.");
    if (process.platform !== "win32" && (mode & MODE_OTHERS) !== 0) {
      throw invalid(
        path,
        kind,
        `can be read by others on this machine. If they may not have seen it: chmod 600 ${path}`,
      );
    }
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

function parse(text: string, path: string, kind: SecretFileKind): Content {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's error quotes the text, which is secret.
    throw invalid(path, kind, "is damaged: it is no JSON. Restore it from a copy.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(path, kind, "is damaged.");
  const { [CHECKSUM]: checksum, ...head } = value as Record<string, unknown>;
  const { format, version, ...content } = head;
  if (format !== kind.format)
    throw invalid(path, kind, `is something else: its format is not "${kind.format}".`);
  if (version !== kind.version) {
    throw new GstoreError(
      "UNSUPPORTED_VERSION",
      `${kind.what} ${path} has another version than ${kind.version}, which this gstore reads. Update gstore on this node.`,
      { path },
    );
  }
  if (checksum !== checksumOf(head))
    throw invalid(path, kind, "is damaged: its checksum is wrong. Restore it from a copy.");
  return content;
}

/** Over the compact JSON of all other fields in their order, so that it survives another indentation. */
function checksumOf(head: Content): Digest {
  return digestOf(Buffer.from(JSON.stringify(head)));
}

function writeError(error: unknown, path: string, kind: SecretFileKind): unknown {
  const systemCode = systemCodeOf(error);
  if (systemCode === undefined) return error;
  if (systemCode === "EEXIST") {
    return new GstoreError(
      "ALREADY_INITIALISED",
      `${path} is there already, and is not overwritten. Move it away first.`,
      { path },
    );
  }
  const codes: Record<string, ErrorCode> = {
    ENOSPC: "STORE_FULL",
    EDQUOT: "STORE_FULL",
    EROFS: "STORE_READ_ONLY",
    EACCES: "STORE_READ_ONLY",
  };
  const message = `${kind.what} ${path} could not be written (${systemCode}).`;
  return new GstoreError(codes[systemCode] ?? "STORE_IO", message, { path, systemCode, cause: error });
}

function readError(error: unknown, path: string, kind: SecretFileKind): unknown {
  const systemCode = systemCodeOf(error);
  if (systemCode === undefined) return error;
  if (systemCode === "ENOENT") {
    return new GstoreError("NOT_INITIALISED", `There is no file ${path}. Make a node with: gstore init`, {
      path,
    });
  }
  return new GstoreError("STORE_IO", `${kind.what} ${path} could not be read (${systemCode}).`, {
    path,
    systemCode,
    cause: error,
  });
}

function invalid(path: string, kind: SecretFileKind, reason: string): GstoreError {
  return new GstoreError("KEY_FILE_INVALID", `${kind.what} ${path} ${reason}`, { path });
}

function ignoreMissing(error: unknown): void {
  if (systemCodeOf(error) !== "ENOENT") throw error;
}

/** The system's code of a fault of the file system; GstoreErrors have a `code` too, but no errno. */
function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof GstoreError) return undefined;
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === "string" ? code : undefined;
}
