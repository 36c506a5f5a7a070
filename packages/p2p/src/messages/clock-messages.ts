import { encodeMessage, readMessage } from "./message.ts";

/** Asks what the receiver's wall clock says. */
export const encodeTellTime = (): Uint8Array => encodeMessage("tellTime");

export function decodeTellTime(bytes: Uint8Array): null {
  readMessage(bytes, "tellTime", 0);
  return null;
}

/** Whole milliseconds since 1970. */
export const encodeTellTimeAnswer = (wallMs: number): Uint8Array => encodeMessage("tellTime", wallMs);

export function decodeTellTimeAnswer(bytes: Uint8Array): number {
  return readMessage(bytes, "tellTime", 1).integer("wall-ms", { min: 0, max: Number.MAX_SAFE_INTEGER });
}
