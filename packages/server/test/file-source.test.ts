import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { fileSource } from "../src/file-source.ts";
import { type LoneNode, loneNode } from "./support/lone-node.ts";
import { randomBytes, readAll } from "./support/test-network.ts";
import { codeOf } from "./support/waiting.ts";

const MIB = 1024 * 1024;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gstore-source-"));
});
afterAll(() => rm(folder, { recursive: true }));

let one: LoneNode | undefined;
afterEach(() => one?.all.stop());

async function fileOf(content: Buffer): Promise<string> {
  const path = join(folder, `${content.length}`);
  await writeFile(path, content);
  return path;
}

describe("a file as a source", () => {
  test.each([0, 1, 4096, MIB - 1, MIB, MIB + 1, 2 * MIB, 5 * MIB + 3])(
    "of %i bytes gives these bytes",
    async (size) => {
      const content = randomBytes(size);
      const pieces: Buffer[] = [];
      for await (const slice of fileSource(await fileOf(content))) pieces.push(Buffer.from(slice));
      expect(Buffer.concat(pieces).equals(content)).toBe(true);
    },
  );

  test("uses two buffers, however long it is", async () => {
    const buffers = new Set<ArrayBufferLike>();
    for await (const slice of fileSource(await fileOf(randomBytes(9 * MIB)))) buffers.add(slice.buffer);
    expect(buffers.size).toBe(2);
  });

  test("is stored as it is, though its memory is used again meanwhile", async () => {
    one = await loneNode();
    const content = randomBytes(20 * MIB);
    await one.node.store("key", fileSource(await fileOf(content)));
    expect((await readAll(one.node, "key")).equals(content)).toBe(true);
  });

  test("that grows is read to its end", async () => {
    const path = await fileOf(randomBytes(3 * MIB));
    const pieces: Buffer[] = [];
    for await (const slice of fileSource(path)) {
      if (pieces.length === 0) await appendFile(path, "more");
      pieces.push(Buffer.from(slice));
    }
    expect(Buffer.concat(pieces).subarray(-4).toString()).toBe("more");
  });

  test("that can't be read fails the put", async () => {
    one = await loneNode();
    for (const path of [join(folder, "nowhere"), folder])
      expect(await codeOf(one.node.store("key", fileSource(path)))).toBe("SOURCE_FAILED");
  });

  test("is closed by who stops early", async () => {
    const source = fileSource(await fileOf(randomBytes(4 * MIB)));
    await source.next();
    await source.return();
    expect(await source.next()).toEqual({ done: true, value: undefined });
  });
});
