import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { GstoreError } from "@gstore/core/client";
import type { FileInfo, StoreOptions } from "@gstore/server";
import { entityTag } from "./http-conditions.ts";
import { fileRecord } from "./wire.ts";
import type { FileRecord } from "./wire-types.ts";

/** How a file's description travels in headers, both ways (docs/spec/http.md, "Headers of a file"). */

const META_PREFIX = "x-gstore-meta-";

/** The headers that describe a version. Text is percent-encoded UTF-8: a key may hold what a header can't. */
export function headersOfFile(info: FileInfo): OutgoingHttpHeaders {
  const record = fileRecord(info);
  const headers: OutgoingHttpHeaders = {
    etag: entityTag(record.version),
    "last-modified": new Date(record.stored).toUTCString(),
    "content-type": safeContentType(record.contentType),
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    "x-gstore-key": encodeURIComponent(record.key),
    "x-gstore-size": String(record.size),
    "x-gstore-digest": record.digest,
    "x-gstore-stored": record.stored,
    "x-gstore-author": record.author.id,
    "x-gstore-author-name": encodeURIComponent(record.author.name),
  };
  if (record.contentType !== null) headers["x-gstore-content-type"] = encodeURIComponent(record.contentType);
  if (record.modified !== null) headers["x-gstore-modified"] = record.modified;
  if (record.mode !== null) headers["x-gstore-mode"] = record.mode;
  return { ...headers, ...headersOfMetadata(record.metadata) };
}

/** The opposite of {@link headersOfFile}. Throws `INVALID_FORMAT` for an answer that doesn't describe a file. */
export function fileOfHeaders(headers: IncomingHttpHeaders): FileRecord {
  const text = (name: string): string => {
    const value = headers[name];
    if (typeof value !== "string")
      throw new GstoreError("INVALID_FORMAT", `The node's answer lacks ${name}.`);
    return value;
  };
  const optional = (name: string): string | null => (headers[name] === undefined ? null : text(name));
  const contentType = optional("x-gstore-content-type");
  return {
    key: decodeText(text("x-gstore-key")),
    version: text("etag").slice(1, -1),
    size: Number(text("x-gstore-size")),
    digest: text("x-gstore-digest"),
    contentType: contentType === null ? null : decodeText(contentType),
    stored: text("x-gstore-stored"),
    modified: optional("x-gstore-modified"),
    mode: optional("x-gstore-mode"),
    author: { id: text("x-gstore-author"), name: decodeText(text("x-gstore-author-name")) },
    metadata: metadataOfHeaders(headers),
  };
}

/** Types that run nothing, whatever is in them: a browser may show these, and is to save all others. */
const SHOWN_TYPES =
  /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp)|(?:audio|video)\/[a-z0-9.+-]+|text\/plain)(?:;|$)/i;

/** Content-Disposition of a file that a browser may be given (RFC 6266). */
export function dispositionOf({ key, contentType }: Pick<FileInfo, "key" | "contentType">): string {
  const name = key.slice(key.lastIndexOf("/") + 1).toWellFormed();
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
  return `${SHOWN_TYPES.test(contentType ?? "") ? "inline" : "attachment"}; filename*=UTF-8''${encoded}`;
}

/** What a PUT's headers say about the file. Throws `INVALID_ARGUMENT` for what can't be read. */
export function storeOptionsOfHeaders(headers: IncomingHttpHeaders): StoreOptions {
  const modified = headers["x-gstore-modified"];
  const mode = headers["x-gstore-mode"];
  const length = headers["content-length"];
  const metadata = metadataOfHeaders(headers);
  return {
    ...(headers["content-type"] === undefined ? {} : { contentType: headers["content-type"] }),
    ...(modified === undefined ? {} : { modifiedMs: timeOfHeader(String(modified)) }),
    ...(mode === undefined ? {} : { mode: modeOfHeader(String(mode)) }),
    ...(length === undefined ? {} : { size: Number(length) }),
    ...(Object.keys(metadata).length === 0 ? {} : { userMetadata: metadata }),
  };
}

/** User metadata as headers. A header's name has no case, so that capitals and odd characters of a name are percent-encoded. */
export function headersOfMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata)) {
    headers[META_PREFIX + encodeName(name)] = encodeURIComponent(value.toWellFormed());
  }
  return headers;
}

function metadataOfHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const pairs = Object.entries(headers).filter(([name]) => name.startsWith(META_PREFIX));
  return Object.fromEntries(
    pairs.map(([name, value]) => [decodeText(name.slice(META_PREFIX.length)), decodeText(String(value))]),
  );
}

function encodeName(name: string): string {
  const isPlain = (byte: number): boolean => /[a-z0-9._-]/.test(String.fromCharCode(byte));
  return [...Buffer.from(name)]
    .map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, "0")}`))
    .join("");
}

/** Percent-decodes; `INVALID_ARGUMENT` where that gives no text. */
export function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    const shown = JSON.stringify(text.slice(0, 60));
    throw new GstoreError("INVALID_ARGUMENT", `${shown} is not percent-encoded UTF-8.`, { cause });
  }
}

export function timeOfHeader(text: string): number {
  const ms = /^-?\d{4,6}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new GstoreError("INVALID_ARGUMENT", "A time of modification is one such as 2026-01-31T12:00:00Z.");
  }
  return ms;
}

function modeOfHeader(text: string): number {
  if (!/^[0-7]{3,4}$/.test(text)) {
    throw new GstoreError("INVALID_ARGUMENT", "x-gstore-mode takes permission bits in octal, such as 0644.");
  }
  return Number.parseInt(text, 8);
}

/** A type as a header may carry it: what another node stored could hold line breaks or text beyond Latin-1. */
function safeContentType(contentType: string | null): string {
  return contentType !== null && /^[\x20-\x7e]+$/.test(contentType)
    ? contentType
    : "application/octet-stream";
}
