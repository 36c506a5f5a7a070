import { encode, renderUnicodeCompact } from "uqr";

/** Light modules around the code; scanners find it by them. */
const BORDER = 2;
/** What the largest code (version 40, level L) holds. */
const TEXT_BYTES_MAX = 2953;
/** White and black of the fixed part of the 256 colours: on a light terminal the code would be inverted otherwise. */
const COLOURS = "\x1b[38;5;231;48;5;16m";
const RESET = "\x1b[0m";

export interface QrCode {
  /** Lines of half blocks, two rows of modules each; light modules are the drawn ones. */
  readonly lines: readonly string[];
  /** Columns that a terminal needs for it. */
  readonly width: number;
}

/** Text as a QR code; undefined where it is too long for one. */
export function qrCode(text: string): QrCode | undefined {
  if (Buffer.byteLength(text) > TEXT_BYTES_MAX) return undefined;
  const options = { border: BORDER, ecc: "L" } as const;
  return { lines: renderUnicodeCompact(text, options).split("\n"), width: encode(text, options).size };
}

/** The code's lines in colours that are the same on every terminal. */
export function coloured({ lines }: QrCode): readonly string[] {
  return lines.map((line) => `${COLOURS}${line}${RESET}`);
}
