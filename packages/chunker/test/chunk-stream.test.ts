import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHUNK_BYTES_MAX } from "@gstore/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chunkStream, createChunker } from "../src/index.ts";
import { asyncOf, COUNTING_SEED, cutsOf, randomBytes, sliced, streamed } from "./inputs.ts";

const chunker = createChunker(COUNTING_SEED);
const bytes = randomBytes(3 << 20);

/** A source that counts its calls; `hang` makes every `next` after the slices wait for ever. */
class Source implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  nexts = 0;
  returns = 0;
  readonly #slices: Iterator<Uint8Array>;
  readonly #hang: boolean;

  constructor(slices: Iterable<Uint8Array>, { hang = false } = {}) {
    this.#slices = slices[Symbol.iterator]();
    this.#hang = hang;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    this.nexts += 1;
    const result = this.#slices.next();
    if (result.done && this.#hang) return await new Promise(() => {});
    return result;
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.returns += 1;
    return { done: true, value: undefined };
  }
}

describe("chunkStream", () => {
  test("gives the chunks of the cutter with their offsets", async () => {
    const chunks = await streamed(chunker, sliced(bytes, [65_536, 3]));
    expect(chunks.map(({ offset, bytes: chunk }) => offset + chunk.length)).toEqual(cutsOf(chunker, bytes));
    expect(Buffer.concat(chunks.map((chunk) => chunk.bytes)).equals(bytes)).toBe(true);
    expect(await streamed(chunker, [])).toEqual([]);
  });

  test.each([
    ["one slice", [bytes.length]],
    ["slices of 64 KiB", [65_536]],
  ])("gives chunks that own their buffer, from %s", async (_name, lengths) => {
    const chunks = await streamed(chunker, sliced(bytes, lengths));
    for (const chunk of chunks) {
      expect(chunk.bytes.constructor).toBe(Uint8Array);
      expect([chunk.bytes.byteOffset, chunk.bytes.buffer.byteLength]).toEqual([0, chunk.bytes.length]);
    }
    expect(new Set(chunks.map((chunk) => chunk.bytes.buffer)).size).toBe(chunks.length);
    for (const chunk of chunks)
      structuredClone(chunk.bytes, { transfer: [chunk.bytes.buffer as ArrayBuffer] });
  });

  test("asks for a slice only when the ones before it are used up", async () => {
    const source = new Source(sliced(bytes, [CHUNK_BYTES_MAX]));
    const chunks = chunkStream(source, { chunker });
    await chunks.next();
    await chunks.next();
    expect(source.nexts).toBe(1);
    await chunks.return();
  });

  test("calls return of its source when the iteration is left early", async () => {
    const source = new Source(sliced(bytes, [100_000]));
    for await (const _chunk of chunkStream(source, { chunker, signal: new AbortController().signal })) break;
    expect(source.returns).toBe(1);
  });

  test("does not call return of a source that has ended or failed", async () => {
    const ended = new Source(sliced(bytes, [100_000]));
    for await (const _chunk of chunkStream(ended, { chunker }));
    expect(ended.returns).toBe(0);

    const fault = new Error("unplugged");
    const failing = new Source(sliced(bytes, [100_000]));
    failing.next = async () => {
      throw fault;
    };
    await expect(chunkStream(failing, { chunker }).next()).rejects.toBe(fault);
    expect(failing.returns).toBe(0);
  });

  test("rejects with ABORTED at once while its source is silent", async () => {
    const source = new Source([], { hang: true });
    const controller = new AbortController();
    const pending = chunkStream(source, { chunker, signal: controller.signal }).next();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(pending).rejects.toMatchObject({ code: "ABORTED", cause: reason });
    expect(source.returns).toBe(1);
  });

  test("rejects with ABORTED while a generator that is its source is silent", async () => {
    const silent = (async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      await new Promise(() => {});
      yield bytes;
    })();
    const controller = new AbortController();
    const pending = chunkStream(silent, { chunker, signal: controller.signal }).next();
    controller.abort();
    await expect(pending).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("gives no chunk once its signal has fired", async () => {
    const source = new Source([bytes]);
    const controller = new AbortController();
    const chunks = chunkStream(source, { chunker, signal: controller.signal });
    await chunks.next();
    controller.abort();
    await expect(chunks.next()).rejects.toMatchObject({ code: "ABORTED" });
    expect(source.returns).toBe(1);
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  test("releases its source when the signal had fired before it began", async () => {
    const source = new Source([bytes]);
    const chunks = chunkStream(source, { chunker, signal: AbortSignal.abort() });
    await expect(chunks.next()).rejects.toMatchObject({ code: "ABORTED" });
    expect([source.nexts, source.returns]).toEqual([0, 1]);
  });

  test("leaves no listener on its signal", async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const count = (step: number, method: (...args: never[]) => void) =>
      function (this: unknown, ...args: never[]): void {
        listeners += step;
        method.apply(signal, args);
      };
    signal.addEventListener = count(1, signal.addEventListener) as AbortSignal["addEventListener"];
    signal.removeEventListener = count(-1, signal.removeEventListener) as AbortSignal["removeEventListener"];
    let most = 0;
    for await (const _chunk of chunkStream(asyncOf(sliced(bytes, [1000])), { chunker, signal })) {
      most = Math.max(most, listeners);
    }
    expect([listeners, most]).toEqual([0, 0]);
  });
});

describe("chunkStream of a file", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "gstore-chunker-"));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test("reads a Node stream and closes it when left early", async () => {
    const path = join(folder, "file");
    await writeFile(path, bytes);
    const chunks: Uint8Array[] = [];
    for await (const chunk of chunkStream(createReadStream(path), { chunker })) chunks.push(chunk.bytes);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);

    const left = createReadStream(path);
    for await (const _chunk of chunkStream(left, { chunker })) break;
    expect(left.destroyed).toBe(true);
  });
});
