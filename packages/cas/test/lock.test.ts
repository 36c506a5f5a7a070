import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDiskStore } from "../src/index.ts";
import { numberedBlob, openScratch, scratchFolder } from "./scratch.ts";

const CHILD = join(import.meta.dirname, "lock-holder.ts");

/** Another process that has the store open, once this resolves. */
async function startHolder(
  dir: string,
): Promise<{ pid: number; kill: () => Promise<void>; stderr: () => string }> {
  const child = spawn(process.execPath, ["--conditions=@gstore/source", CHILD, dir], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let errors = "";
  child.stderr.on("data", (bytes) => {
    errors += String(bytes);
  });
  const [line] = await once(createInterface(child.stdout), "line");
  expect(line).toBe("open");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { pid: child.pid as number, kill, stderr: () => errors };
}

describe("the store's lock", () => {
  test("a second process is told who holds it, and gets it after kill -9", async () => {
    const dir = scratchFolder();
    const holder = await startHolder(dir);
    await expect(openDiskStore({ dir })).rejects.toMatchObject({
      code: "STORE_LOCKED",
      message: expect.stringContaining(`process ${holder.pid} (the test's holder) since 20`),
    });
    await holder.kill();
    const store = await openScratch({ dir });
    expect((await store.blobs.get(numberedBlob(1).digest)).length).toBe(100);
    expect(holder.stderr()).toBe("");
  });

  test("the same process can't open a store twice, and can after closing it", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    await expect(openDiskStore({ dir })).rejects.toMatchObject({ code: "STORE_LOCKED" });
    await store.close();
    await (await openDiskStore({ dir })).close();
  });
});
