import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { DiskPace } from "../src/disk-pace.ts";
import { sideBySide } from "../src/side-by-side.ts";
import { readWholeFile, writeWholeFile } from "../src/whole-file.ts";

const attributes = { mode: 0o640, modified: new Date("2026-01-31T12:00:00Z") };

async function folder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "gstore-whole-"));
  onTestFinished(() => rm(root, { recursive: true }));
  return root;
}

test("a small file is written with its attributes, and nothing else stays", async () => {
  const root = await folder();
  const path = join(root, "a");
  writeWholeFile(path, Buffer.from("new"), { attributes, mayReplace: false });
  expect(await readFile(path, "utf8")).toBe("new");
  const { mode, mtimeMs } = await stat(path);
  expect([mode & 0o777, mtimeMs]).toEqual([0o640, attributes.modified.getTime()]);
  expect(await readdir(root)).toEqual(["a"]);
});

test("what is there is replaced only where that is allowed, and never written through a link", async () => {
  const root = await folder();
  const path = join(root, "a");
  await writeFile(path, "old");
  const write = (mayReplace: boolean) => writeWholeFile(path, Buffer.from("new"), { attributes, mayReplace });
  expect(() => write(false)).toThrow(/exists already/);
  expect(await readFile(path, "utf8")).toBe("old");
  await rm(path);
  await writeFile(join(root, "other"), "other");
  await symlink("other", path);
  write(true);
  expect(await readFile(path, "utf8")).toBe("new");
  expect(await readFile(join(root, "other"), "utf8")).toBe("other");
  expect((await readdir(root)).sort()).toEqual(["a", "other"]);
});

test("a file that can't be put in its place leaves nothing behind", async () => {
  const root = await folder();
  expect(() => writeWholeFile(root, Buffer.from("x"), { attributes, mayReplace: true })).toThrow();
  expect(await readdir(root)).toEqual([]);
  expect((await readdir(join(root, ".."))).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("only a plain file of the given size is read whole; what is missing is named", async () => {
  const root = await folder();
  const path = join(root, "a");
  await writeFile(path, "12345");
  expect(readWholeFile(path, 5)?.bytes.toString()).toBe("12345");
  expect(readWholeFile(path, 4)).toBeNull();
  expect(readWholeFile("/dev/null", 5)).toBeNull();
  expect(() => readWholeFile(join(root, "b"), 5)).toThrow(
    expect.objectContaining({ code: "SOURCE_FAILED", message: expect.stringContaining(join(root, "b")) }),
  );
});

test("a disk counts as slow only after several slow files", () => {
  const pace = new DiskPace();
  const slow = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 12);
  pace.timed(slow);
  expect(pace.isQuick).toBe(true);
  for (let count = 0; count < 20; count++) pace.timed(slow);
  expect(pace.isQuick).toBe(false);
});

test("items under way never weigh more than the limit, and all are done", async () => {
  const weights = [1, 1, 4, 1, 4, 4, 1, 9, 1];
  let [weight, most, done] = [0, 0, 0];
  await sideBySide(weights, { limit: 5, weightOf: (own) => own }, async (own) => {
    weight += Math.min(own, 5);
    most = Math.max(most, weight);
    await new Promise((resolve) => setImmediate(resolve));
    weight -= Math.min(own, 5);
    done++;
  });
  expect([most, done]).toEqual([5, weights.length]);
});

test("the first failure stops the taking of items and is passed on once the others are done", async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    await new Promise((resolve) => setImmediate(resolve));
    if (item === 1) throw new Error("no");
    ended.push(item);
  };
  await expect(sideBySide([0, 1, 2, 3, 4, 5], { limit: 3 }, work)).rejects.toThrow("no");
  expect(begun.length).toBeLessThan(6);
  expect(ended).toEqual(begun.filter((item) => item !== 1));
});
