import { ApiError } from "../api/http.ts";
import { spacePath } from "../api/keys.ts";
import { type SendOptions, sendBody } from "./send-body.ts";
import { sendInPieces } from "./send-in-pieces.ts";
import type { FileToSend } from "./upload-queue.ts";

/** From here on (bytes) a file goes by a protocol that can go on where it stopped; below that beginning anew costs less. */
export const PIECES_FROM_BYTES: number = 8 * 1024 * 1024;

/** What is remembered of a file that is sent in pieces, from one attempt to the next. */
export interface Begun {
  /** Where the node keeps what has come; null before it has begun, and of one that goes as a whole. */
  url: string | null;
}

/** Stores one file. */
export async function putFile(
  { file, space, key }: FileToSend,
  { begun, ...options }: SendOptions & { readonly begun: Begun },
): Promise<{ readonly note: string | null }> {
  const about = {
    modified: new Date(file.lastModified).toISOString(),
    type: file.type || "application/octet-stream",
  };
  try {
    if (file.size >= PIECES_FROM_BYTES)
      await sendInPieces({ file, space, key, ...about }, { begun, ...options });
    else {
      const headers = { "x-gstore-modified": about.modified, "content-type": about.type };
      await sendBody("PUT", spacePath(space, "keys", key), headers, file, options);
    }
    return { note: null };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "COPIES_NOT_REACHED") throw error;
    // Stored here all the same.
    return { note: "stored; copies are still being made" };
  }
}
