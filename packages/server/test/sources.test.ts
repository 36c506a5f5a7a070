import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import type { Source } from "../src/api.ts";
import { bytesOfSource } from "../src/sources.ts";
import { codeOf } from "./support/waiting.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function read(source: Source): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytesOfSource(source)) {
    expect(piece).toBeInstanceOf(Uint8Array);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

describe("a source", () => {
  const text = "grüße 🌍";
  const bytes = new TextEncoder().encode(text);
  const kinds: Record<string, () => Source> = {
    text: () => text,
    "a byte array": () => bytes,
    "a Buffer": () => Buffer.from(bytes),
    "a view into a larger buffer": () => new Uint8Array(Buffer.from(`..${text}`)).subarray(2),
    "a Blob": () => new Blob([bytes]),
    "a web stream": () => new Blob([bytes]).stream(),
    "a Node stream": () => Readable.from([bytes.subarray(0, 3), bytes.subarray(3)]),
    "a Node stream of text": () => Readable.from([text], { encoding: "utf8" }),
    "an async iterable": () => Readable.from([bytes])[Symbol.asyncIterator]() as AsyncIterable<Uint8Array>,
    "an iterable": () => [bytes.subarray(0, 1), new Uint8Array(0), bytes.subarray(1)],
    "an iterable of text": () => ["grüße ", "🌍"] as never,
  };
  test.each(Object.entries(kinds))("may be %s", async (_kind, make) => {
    expect(await read(make())).toBe(text);
  });

  test("may be a file's stream", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gstore-sources-"));
    folders.push(folder);
    const path = join(folder, "file");
    await writeFile(path, text);
    expect(await read(createReadStream(path, { highWaterMark: 2 }))).toBe(text);
  });

  test.each(["", new Uint8Array(0), [], new Blob([])])("may be empty: %o", async (source) => {
    expect(await read(source)).toBe("");
  });

  test.each([null, undefined, 5, {}, true, () => "text"])("is not %o", async (source) => {
    expect(await codeOf((async () => bytesOfSource(source as never))())).toBe("INVALID_ARGUMENT");
  });

  test.each([[[5]], [[null]], [[[1, 2]]], [[new Uint16Array(2)]]])(
    "gives nothing but bytes and text, not %o",
    async (source) => {
      expect(await codeOf(read(source as never))).toBe("INVALID_ARGUMENT");
    },
  );
});
