import { readFileSync } from "node:fs";

/** A message of the vectors: bytes that decode to a value, or are refused with a code. */
export interface MessageCase {
  readonly name: string;
  readonly message: string;
  readonly part: "request" | "answer";
  /** How many things the request asked for, where the answer's form depends on it. */
  readonly count?: number;
  readonly bytes: Uint8Array;
  readonly value?: unknown;
  readonly code?: string;
}

/** A bulk frame of the vectors; `annotated` gives its bytes in hexadecimal, each with what it means. */
export interface FrameCase {
  readonly name: string;
  readonly annotated: readonly (readonly [hex: string, meaning: string])[];
  readonly value?: unknown;
  readonly code?: string;
}

interface Vectors<Case> {
  readonly valid: readonly Case[];
  readonly invalid: readonly Case[];
}

/** The content of vectors/messages.json, with bytes where it has CBOR's diagnostic notation, h'0102'. */
export const messageVectors: Vectors<MessageCase> = readVectors("messages");
/** The content of vectors/bulk-frames.json. */
export const frameVectors: Vectors<FrameCase> = readVectors("bulk-frames");

export function bytesOfFrame(frame: FrameCase): Uint8Array {
  return new Uint8Array(Buffer.from(frame.annotated.map(([hex]) => hex).join(""), "hex"));
}

/** The code of the GstoreError that `action` throws, "nothing" if it throws none, the error itself if it is another. */
export function codeOf(action: () => unknown): unknown {
  try {
    action();
    return "nothing";
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

export const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");

function readVectors<Case>(name: string): Vectors<Case> {
  const text = readFileSync(new URL(`vectors/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text, (_key, value: unknown) => {
    const hex = typeof value === "string" ? /^h'([0-9a-f]*)'$/.exec(value)?.[1] : undefined;
    return hex === undefined ? value : new Uint8Array(Buffer.from(hex, "hex"));
  }) as Vectors<Case>;
}
