import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type Digest, digestOf, type ErrorCode, GstoreError } from "@gstore/core";
import { decryptKeyFile, encryptKeyFile, type ProtectedBytes } from "./passphrase.ts";
import { placeFile, replaceFile, systemCodeOf } from "./place-file.ts";
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

const MODE_OTHERS = 0o077;
/** Bytes of a key file: thousands of epochs fit, and nobody makes us read a disk image. */
const FILE_BYTES_MAX: number = 1024 * 1024;
const CHECKSUM = "checksum";

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
  const text = await textOf(kind, content, options);
  try {
    await placeFile(path, text);
  } catch (error) {
    throw writeError(error, path, kind);
  }
}

/**
 * Writes a key file anew over the one that is there: a crash leaves the old file or the new one, whole. What was written
 * is read back before it takes the name, since nobody has these keys elsewhere.
 */
export async function replaceSecretFile(
  path: string,
  kind: SecretFileKind,
  content: Content,
  options: KeyFileOptions = {},
): Promise<void> {
  const text = await textOf(kind, content, options);
  const check = async (temporary: string): Promise<void> => {
    const written = await readSecretFile(temporary, kind, options);
    if (JSON.stringify(written) !== JSON.stringify(content))
      throw invalid(path, kind, "did not come back from the disk as it was written. It is as it was before.");
  };
  try {
    await replaceFile(path, text, check);
  } catch (error) {
    throw writeError(error, path, kind);
  }
}

async function textOf(kind: SecretFileKind, content: Content, options: KeyFileOptions): Promise<string> {
  const kept = options.passphrase === undefined ? content : await protect(kind, content, options.passphrase);
  const head = { format: kind.format, version: kind.version, ...kept };
  return `${JSON.stringify({ ...head, [CHECKSUM]: checksumOf(head) }, null, 2)}\n`;
}

/** Reads a key file's content without its head and checksum. Rejects as {@link import("./identity.ts").loadIdentity} says. */
export async function readSecretFile(
  path: string,
  kind: SecretFileKind,
  options: KeyFileOptions = {},
): Promise<Content> {
  const content = await readKept(path, kind);
  return isSealed(content) ? await unprotect(path, kind, content, options.passphrase) : content;
}

/** Whether a key file is under a passphrase. Rejects as {@link readSecretFile} does, but never for want of one. */
export async function isSecretFileSealed(path: string, kind: SecretFileKind): Promise<boolean> {
  return isSealed(await readKept(path, kind));
}

/** The content as the file keeps it: under a passphrase, where it is under one. */
async function readKept(path: string, kind: SecretFileKind): Promise<Content> {
  try {
    return parse(await readOwned(path, kind), path, kind);
  } catch (error) {
    throw readError(error, path, kind);
  }
}

function isSealed(content: Content): boolean {
  return Object.hasOwn(content, "sealed");
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
