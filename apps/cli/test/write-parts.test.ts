import type { FileHandle } from "node:fs/promises";
import { expect, test } from "vitest";
import { writeParts } from "../src/write-parts.ts";

/** A file that keeps what is written, and whose writes end when the test says so. */
class SlowFile {
  readonly written: Buffer[] = [];
  readonly writes: PromiseWithResolvers<void>[] = [];
  isWriting = false;
  /** Bytes that one gathered write takes. */
  takesAtMost = Number.POSITIVE_INFINITY;

  get handle(): FileHandle {
    const { writev, writeFile } = this;
    return { writev: writev.bind(this), writeFile: writeFile.bind(this) } as unknown as FileHandle;
  }

  async writev(parts: readonly Uint8Array[]): Promise<{ bytesWritten: number }> {
    expect(this.isWriting).toBe(false);
    this.isWriting = true;
    const write = Promise.withResolvers<void>();
    this.writes.push(write);
    await write.promise.finally(() => {
      this.isWriting = false;
    });
    const taken = Buffer.concat(parts).subarray(0, this.takesAtMost);
    this.written.push(taken);
    return { bytesWritten: taken.length };
  }

  async writeFile(part: Uint8Array): Promise<void> {
    this.written.push(Buffer.from(part));
  }
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => Buffer.from(`part ${index},`));

test("what comes during a write goes with the next one, in its order and all of it", async () => {
  const file = new SlowFile();
  file.takesAtMost = 10;
  const parts = numbered(50);
  const allCame = Promise.withResolvers<void>();
  let bytes = 0;
  const source = async function* () {
    yield* parts;
    allCame.resolve();
  };
  const writing = writeParts(file.handle, source(), (more) => {
    bytes += more;
  });
  await allCame.promise;
  expect(file.writes).toHaveLength(1);
  file.writes[0]?.resolve();
  await expect.poll(() => file.writes.length).toBe(2);
  file.writes[1]?.resolve();
  await writing;
  expect(Buffer.concat(file.written).toString()).toBe(Buffer.concat(parts).toString());
  expect([file.writes.length, bytes]).toEqual([2, Buffer.concat(parts).length]);
});

test("a reader that fails is told of after the write under way, so that nobody closes the file under it", async () => {
  const file = new SlowFile();
  const source = async function* () {
    yield Buffer.from("part");
    throw new Error("broke off");
  };
  let isOver = false;
  const writing = writeParts(file.handle, source(), () => {}).finally(() => {
    isOver = true;
  });
  const outcome = expect(writing).rejects.toThrow("broke off");
  await expect.poll(() => file.writes.length).toBe(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOver).toBe(false);
  file.writes[0]?.resolve();
  await outcome;
});

test("a write that fails ends the reading, with its error", async () => {
  const file = new SlowFile();
  let given = 0;
  const source = async function* () {
    for (const part of numbered(1000)) {
      given++;
      // The disk is full soon after the first parts.
      if (given === 3) file.writes[0]?.reject(new Error("no room"));
      await new Promise((resolve) => setImmediate(resolve));
      yield part;
    }
  };
  await expect(writeParts(file.handle, source(), () => {})).rejects.toThrow("no room");
  expect(given).toBeLessThan(1000);
});

test("a part waits for nothing where no write is under way", async () => {
  const file = new SlowFile();
  const more = Promise.withResolvers<void>();
  const source = async function* () {
    yield Buffer.from("typed");
    await more.promise;
  };
  const writing = writeParts(file.handle, source(), () => {});
  await expect.poll(() => file.writes.length).toBe(1);
  file.writes[0]?.resolve();
  await expect.poll(() => Buffer.concat(file.written).toString()).toBe("typed");
  more.resolve();
  await writing;
});
