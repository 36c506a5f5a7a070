/**
 * Writes the vectors that docs/spec quotes and the tests check:
 *   node --conditions=@gstore/source scripts/make-vectors.ts test/vectors ../core/test/vectors
 * Run it when a format gets a new version, never to make a red test green.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cryptoVectors } from "./crypto-vectors.ts";
import { formatVectors } from "./format-vectors.ts";
import { keyVectors, operationVectors } from "./membership-vectors.ts";
import { ticketVectors } from "./ticket-vectors.ts";

const [cryptoFolder, coreFolder] = process.argv.slice(2) as [string, string];
write(cryptoFolder, { ...cryptoVectors(), wraps: await keyVectors() });
write(coreFolder, {
  ...formatVectors(),
  "membership-operations": operationVectors(),
  ticket: ticketVectors(),
});

function write(folder: string, files: Record<string, unknown>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(`${folder}/${name}.json`, `${JSON.stringify(content, diagnostic, 2)}\n`);
  }
}

/** Bytes as CBOR's diagnostic notation writes them: h'0102'. */
function diagnostic(_name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return `h'${Buffer.from(value).toString("hex")}'`;
  // A Buffer has been through its own toJSON by now.
  const { type, data } = (value ?? {}) as { type?: unknown; data?: number[] };
  return type === "Buffer" && data !== undefined ? `h'${Buffer.from(data).toString("hex")}'` : value;
}
