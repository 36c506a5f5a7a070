import {
  type ContentRoot,
  type EntryId,
  GstoreError,
  type KeyId,
  parseDigest,
  type SpaceId,
} from "@gstore/core";
import { UPLOADS_MAX } from "./limits.ts";

/** An upload as it stands on the disk. What it says of the file is sealed: no name stands there in clear. */
export interface UploadRecord {
  readonly id: string;
  readonly owner: string;
  readonly space: SpaceId;
  readonly keyId: KeyId;
  /** Bytes that the file will have. */
  readonly length: number;
  readonly copies: number | null;
  /** The tree over the chunks of what has come; null where nothing has. */
  readonly content: ContentRoot | null;
  /** The metadata of a file of what has come. */
  readonly sealed: Uint8Array;
  readonly expiresMs: number;
  /** What it became; null while it is not whole. */
  readonly version: EntryId | null;
}

const VERSION = 1;

export function encodeUploads(records: readonly UploadRecord[]): Uint8Array {
  const uploads = records.map(({ sealed, ...rest }) => {
    return { ...rest, sealed: Buffer.from(sealed).toString("base64") };
  });
  return Buffer.from(JSON.stringify({ format: "gstore-uploads", version: VERSION, uploads }));
}

/** Throws `UNSUPPORTED_VERSION` for a newer one, `INVALID_FORMAT` for what can't be read. */
export function decodeUploads(bytes: Uint8Array): UploadRecord[] {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString());
  } catch (cause) {
    throw damaged(cause);
  }
  const { format, version, uploads } = (value ?? {}) as Record<string, unknown>;
  if (format === "gstore-uploads" && typeof version === "number" && version > VERSION)
    throw new GstoreError("UNSUPPORTED_VERSION", "The list of uploads is of a newer gstore.");
  if (format !== "gstore-uploads" || !Array.isArray(uploads) || uploads.length > UPLOADS_MAX) throw damaged();
  return uploads.map(decodeOne);
}

function decodeOne(value: unknown): UploadRecord {
  const { id, owner, space, keyId, length, copies, content, sealed, expiresMs, version } = (value ??
    {}) as Record<string, unknown>;
  const areTexts = [id, owner, space, keyId, sealed].every((text) => typeof text === "string");
  const areNumbers = [length, expiresMs].every((number) => Number.isSafeInteger(number));
  if (!areTexts || !areNumbers) throw damaged();
  return {
    id: id as string,
    owner: owner as string,
    space: space as SpaceId,
    keyId: keyId as KeyId,
    length: length as number,
    copies: typeof copies === "number" ? copies : null,
    content: content === null ? null : decodeRoot(content),
    sealed: Uint8Array.from(Buffer.from(sealed as string, "base64")),
    expiresMs: expiresMs as number,
    version: typeof version === "string" ? (version as EntryId) : null,
  };
}

function decodeRoot(value: unknown): ContentRoot {
  const { level, digest, size } = (value ?? {}) as Record<string, unknown>;
  if (!Number.isSafeInteger(level) || !Number.isSafeInteger(size) || typeof digest !== "string")
    throw damaged();
  return { level: level as number, digest: parseDigest(digest), size: size as number };
}

function damaged(cause?: unknown): GstoreError {
  return new GstoreError("INVALID_FORMAT", "The list of uploads can't be read.", { cause });
}
