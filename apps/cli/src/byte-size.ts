import { GstoreError } from "@gstore/gateway/client";

const DECIMAL = ["B", "KB", "MB", "GB", "TB", "PB", "EB"] as const;
const FACTORS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** A number of bytes for people, in powers of 1000: `12.3 KB`. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  // 999.95 would be rounded up to 1000.
  while (value >= 999.95 && unit < DECIMAL.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${DECIMAL[unit]}`;
}

/** Reads a number of bytes: `1000`, `64KB` (10^3), `1.5GiB` (2^30). Throws `INVALID_ARGUMENT`. */
export function parseByteSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text);
  const unit = (match?.[2] ?? "").toLowerCase();
  const bytes = Math.round(Number(match?.[1]) * (FACTORS[unit === "" ? "b" : unit] ?? Number.NaN));
  if (!Number.isSafeInteger(bytes)) {
    const shown = JSON.stringify(text.slice(0, 40));
    throw new GstoreError(
      "INVALID_ARGUMENT",
      `${shown} is no number of bytes. Write it like 1000, 64KB or 1.5GiB.`,
    );
  }
  return bytes;
}
