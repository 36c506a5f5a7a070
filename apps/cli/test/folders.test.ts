import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SafeFolder, safeParts } from "../src/safe-path.ts";
import { openSourceFile } from "../src/source-file.ts";
import { type WalkItem, walkFolder } from "../src/walk-folder.ts";

async function folder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "gstore-folders-"));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return root;
}

async function walk(root: string): Promise<WalkItem[]> {
  const items: WalkItem[] = [];
  for await (const item of walkFolder(root)) items.push(item);
  return items;
}

const namesOf = (items: WalkItem[]): string[] =>
  items.flatMap((item) => (item.kind === "file" ? [item.name] : []));

test("a walk gives every file with its name and size, in order", async () => {
  const root = await folder({
    "b.txt": "12345",
    "a/y": "1",
    "a/x/deep": "",
    ".hidden": "1",
    "new\nline": "1",
  });
  const items = await walk(root);
  expect(namesOf(items)).toEqual([".hidden", "a/x/deep", "a/y", "b.txt", "new\nline"]);
  expect(items.find((item) => item.kind === "file" && item.name === "b.txt")).toMatchObject({ size: 5 });
});

test("symbolic links are skipped and named, never followed", async () => {
  const root = await folder({ "a/file": "1" });
  await symlink("/etc/passwd", join(root, "link"));
  await symlink(join(root, "a"), join(root, "folder-link"));
  await symlink(root, join(root, "a", "loop"));
  const items = await walk(root);
  expect(namesOf(items)).toEqual(["a/file"]);
  const skipped = items.flatMap((item) =>
    item.kind === "skipped" ? [item.path.slice(root.length + 1)] : [],
  );
  expect(skipped).toEqual(["a/loop", "folder-link", "link"]);
});

test(".gstoreignore leaves out as .gitignore does, in inner folders too", async () => {
  const root = await folder({
    ".gstoreignore": "*.log\n/build/\n!keep.log\n",
    "a.log": "",
    "keep.log": "",
    "build/x": "",
    "sub/build/y": "",
    "sub/.gstoreignore": "!b.log\nsecret\n",
    "sub/b.log": "",
    "sub/c.log": "",
    "sub/secret": "",
    secret: "",
  });
  const kept = [".gstoreignore", "keep.log", "secret", "sub/.gstoreignore", "sub/b.log", "sub/build/y"];
  expect(namesOf(await walk(root))).toEqual(kept);
});

test("a name that is not UTF-8 is reported, not stored under another name", async () => {
  const root = await folder({ fine: "" });
  await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x62, 0xff])]), "x");
  const items = await walk(root);
  expect(namesOf(items)).toEqual(["fine"]);
  expect(items.filter(({ kind }) => kind === "failed")).toHaveLength(1);
});

test("a folder that can't be read is reported", async () => {
  const items = await walk(join(await folder(), "gone"));
  expect(items).toMatchObject([
    { kind: "failed", error: { code: "SOURCE_FAILED", fields: { systemCode: "ENOENT" } } },
  ]);
});

test("a file that is changed while it is read fails before its last byte is given", async () => {
  const root = await folder({ file: "x".repeat(3_000_000) });
  const path = join(root, "file");
  for (const change of [() => appendFile(path, "y"), () => writeFile(path, "short")]) {
    await writeFile(path, "x".repeat(3_000_000));
    const source = await openSourceFile(path);
    const parts = source.bytes();
    let given = 0;
    const readAll = async (): Promise<void> => {
      given += (await parts.next()).value?.length ?? 0;
      await change();
      for await (const part of parts) given += part.length;
    };
    await expect(readAll()).rejects.toMatchObject({ code: "SOURCE_CHANGED", fields: { path } });
    expect(given).toBeLessThan(3_000_000);
    await source.close();
  }
});

test("a folder is no file, and what is missing is named", async () => {
  const root = await folder();
  await expect(openSourceFile(root)).rejects.toMatchObject({ code: "SOURCE_FAILED" });
  await expect(openSourceFile(join(root, "none"))).rejects.toThrow(/no such file or directory/);
});

test.each([
  "../x",
  "a/../../x",
  "/etc/passwd",
  "a//b",
  "a/./b",
  "",
  "a/",
  "C:\\x",
  "C:/x",
  "\\\\host\\x",
  "a\\..\\..\\x",
  "a\0b",
])("the name %j could lead out of a folder", async (name) => {
  expect(safeParts(name)).toBeUndefined();
  const root = await folder();
  await expect(new SafeFolder(root).pathOf(name)).rejects.toMatchObject({ code: "REQUEST_REFUSED" });
});

test.each(["a", "a/b/c", "..a/b..", "a\\b", "~", "-rf", "a:b", "..."])(
  "the name %j is a path below",
  async (name) => {
    const root = await folder();
    const path = await new SafeFolder(root).pathOf(name);
    await writeFile(path, "x");
    expect(await readFile(join(root, name), "utf8")).toBe("x");
  },
);

test("nothing is written through a symbolic link inside the target", async () => {
  const outside = await folder();
  const root = await folder({ "deep/file": "" });
  await symlink(outside, join(root, "link"));
  await symlink(outside, join(root, "deep", "link"));
  const safe = new SafeFolder(root);
  for (const name of ["link/x", "link/a/b", "deep/link/x"]) {
    await expect(safe.pathOf(name)).rejects.toMatchObject({ code: "REQUEST_REFUSED" });
  }
  await expect(safe.pathOf("deep/file/x")).rejects.toMatchObject({ code: "REQUEST_REFUSED" });
});
