import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { GstoreError } from "@gstore/core";
import type { UploadOptions } from "@gstore/server";
import { timeOfHeader } from "../file-headers.ts";

/** The headers of the tus protocol, version 1.0.0 (docs/spec/http.md, "Uploads in pieces"). */

export const TUS_VERSION = "1.0.0";
export const TUS_EXTENSIONS = "creation,creation-with-upload,termination,expiration,checksum";
export const CHECKSUM_ALGORITHMS = ["sha1", "sha256", "sha512"] as const;
export const PIECE_TYPE = "application/offset+octet-stream";

/** A header of a whole number. Throws `INVALID_ARGUMENT` where there is none. */
export function numberOf(headers: IncomingHttpHeaders, name: string): number {
  const text = headers[name];
  if (typeof text === "string" && /^\d{1,15}$/.test(text)) return Number(text);
  throw new GstoreError("INVALID_ARGUMENT", `${name} is missing, or is no whole number.`);
}

/** What Upload-Metadata says of a file: pairs of a name and a value in base64. */
export function fileOfMetadata(
  headers: IncomingHttpHeaders,
  length: number,
): { readonly key: string; readonly options: UploadOptions } {
  const pairs = pairsOf(String(headers["upload-metadata"] ?? ""));
  const key = pairs.get("key") ?? pairs.get("filename");
  if (key === undefined) {
    const message = "Upload-Metadata names no key: key BASE64, or filename BASE64.";
    throw new GstoreError("INVALID_ARGUMENT", message);
  }
  const type = pairs.get("filetype");
  const modified = pairs.get("modified");
  return {
    key,
    options: {
      length,
      space: pairs.get("space") ?? "main",
      ...(type !== undefined && type !== "" && { contentType: type }),
      ...(modified !== undefined && { modifiedMs: timeOfHeader(modified) }),
    },
  };
}

/** What Upload-Metadata said, as far as it says where the file goes. */
export function metadataOf({ space, key }: { readonly space: string; readonly key: string }): string {
  const encode = (text: string): string => Buffer.from(text).toString("base64");
  return `key ${encode(key)},space ${encode(space)}`;
}

function pairsOf(header: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const part of header.split(",")) {
    const [name = "", value = "", ...rest] = part.trim().split(" ");
    if (name === "") continue;
    const bytes = Buffer.from(value, "base64");
    const isBase64 = bytes.toString("base64").replace(/=+$/, "") === value.replace(/=+$/, "");
    const text = bytes.toString("utf8");
    if (rest.length > 0 || !isBase64 || !Buffer.from(text).equals(bytes) || pairs.has(name)) {
      const message = `Upload-Metadata: ${JSON.stringify(name.slice(0, 60))} is no name with UTF-8 text in base64.`;
      throw new GstoreError("INVALID_ARGUMENT", message);
    }
    pairs.set(name, text);
  }
  return pairs;
}

/** The source with what Upload-Checksum says checked at its end: `DIGEST_MISMATCH` where it is of other bytes. */
export function checked(
  source: AsyncIterable<Uint8Array>,
  headers: IncomingHttpHeaders,
): { readonly source: AsyncIterable<Uint8Array>; readonly isWhole: boolean } {
  const header = headers["upload-checksum"];
  if (header === undefined) return { source, isWhole: false };
  const [name, value = ""] = String(header).split(" ");
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name);
  if (algorithm === undefined) {
    const message = `Upload-Checksum is of one of these: ${CHECKSUM_ALGORITHMS.join(", ")}.`;
    throw new GstoreError("INVALID_ARGUMENT", message);
  }
  async function* checking(): AsyncGenerator<Uint8Array> {
    const hash = createHash(algorithm as string);
    for await (const part of source) {
      hash.update(part);
      yield part;
    }
    if (hash.digest().equals(Buffer.from(value, "base64"))) return;
    throw new GstoreError("DIGEST_MISMATCH", "The bytes that came have another checksum: send them again.");
  }
  return { source: checking(), isWhole: true };
}
