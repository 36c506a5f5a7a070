import { GstoreError } from "@gstore/gateway/client";
import { formatBytes } from "./byte-size.ts";

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  kbit: 125,
  mbit: 125e3,
  gbit: 125e6,
};

/** Reads `5MB`, `800kB/s`, `10MiB/s` or `50Mbit/s` as bytes per second, and `off` as null. Throws `INVALID_ARGUMENT`. */
export function parseRate(text: string): number | null {
  if (text === "off") return null;
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]+)(?:\/s)?$/i.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  const bytes = Math.round(Number(number) * (factor ?? Number.NaN));
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  const shown = JSON.stringify(text.slice(0, 40));
  throw new GstoreError(
    "INVALID_ARGUMENT",
    `${shown} is no rate. Write it like 5MB/s, 800kB/s, 50Mbit/s, or off.`,
  );
}

export function formatRate(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? "no limit" : `${formatBytes(bytesPerSecond)}/s`;
}
