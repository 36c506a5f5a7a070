import { COMMIT_QUEUE_BYTES_MAX } from "@gstore/core";
import { EntryMaker } from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { FaultyFiles } from "./faulty-files.ts";
import { numberedBlob, openScratch, scratchFolder } from "./scratch.ts";

describe("group commit", () => {
  test("many puts share few syncs, and each resolves only after one", async () => {
    const files = new FaultyFiles();
    const store = await openScratch({ dir: scratchFolder(), files });
    await store.blobs.put(numberedBlob(0).digest, numberedBlob(0).bytes);
    const before = files.count("datasync");
    let synced = 0;
    files.before = ({ name }) => {
      if (name === "datasync") synced += 1;
    };
    const puts = Array.from({ length: 1000 }, async (_, index) => {
      const { digest, bytes } = numberedBlob(index + 1);
      const at = synced;
      await store.blobs.put(digest, bytes);
      expect(synced).toBeGreaterThan(at);
    });
    await Promise.all(puts);
    expect(files.count("datasync") - before).toBeLessThanOrEqual(3);
  });

  test("a put does not resolve before its sync has ended", async () => {
    const files = new FaultyFiles();
    const store = await openScratch({ dir: scratchFolder(), files });
    const { promise: disk, resolve: syncEnds } = Promise.withResolvers<void>();
    const { promise: syncBegins, resolve: begun } = Promise.withResolvers<void>();
    await store.blobs.put(numberedBlob(0).digest, numberedBlob(0).bytes);
    files.before = ({ name }) => {
      if (name !== "datasync") return undefined;
      begun();
      return disk;
    };
    const { digest, bytes } = numberedBlob(1);
    let isDone = false;
    const put = store.blobs.put(digest, bytes).then(() => {
      isDone = true;
    });
    await syncBegins;
    expect(isDone).toBe(false);
    expect(await store.blobs.missing([digest])).toEqual([digest]);
    syncEnds();
    await put;
    expect(await store.blobs.missing([digest])).toEqual([]);
  });

  test("puts wait while too many bytes are queued", async () => {
    const files = new FaultyFiles();
    const store = await openScratch({ dir: scratchFolder(), files });
    const { promise: disk, resolve: syncEnds } = Promise.withResolvers<void>();
    await store.blobs.put(numberedBlob(0).digest, numberedBlob(0).bytes);
    files.before = ({ name }) => (name === "datasync" ? disk : undefined);
    const size = 4 * 1024 * 1024;
    const count = COMMIT_QUEUE_BYTES_MAX / size + 8;
    const blobs = Array.from({ length: count }, (_, index) => numberedBlob(index, size));
    const puts = blobs.map(({ digest, bytes }) => store.blobs.put(digest, bytes, { digestChecked: true }));
    const controller = new AbortController();
    const late = numberedBlob(1000);
    const waiting = store.blobs.put(late.digest, late.bytes, { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
    syncEnds();
    expect(await Promise.all(puts)).toEqual(blobs.map(() => true));
  });

  test("blobs, entries and deletions of the same moment share a sync", async () => {
    const files = new FaultyFiles();
    const store = await openScratch({ dir: scratchFolder(), files });
    const [one, two] = [numberedBlob(1), numberedBlob(2)];
    await store.blobs.put(one.digest, one.bytes);
    const before = files.count("datasync");
    const maker = new EntryMaker(1);
    await Promise.all([
      store.blobs.put(two.digest, two.bytes),
      store.entries.append([maker.next(), maker.next()], { complete: true }),
      store.blobs.delete([one.digest]),
    ]);
    expect(files.count("datasync") - before).toBe(1);
  });

  describe("versions with their blobs", () => {
    const versions = (maker: EntryMaker, count: number, size?: number) =>
      Array.from({ length: count }, (_, index) => ({
        entry: maker.next(),
        blob: numberedBlob(index + 1, size),
      }));

    test("share one sync, the blobs before the entries", async () => {
      const files = new FaultyFiles();
      const dir = scratchFolder();
      const store = await openScratch({ dir, files });
      await store.blobs.put(numberedBlob(0).digest, numberedBlob(0).bytes);
      const before = files.count("datasync");
      const whole = versions(new EntryMaker(1), 20);
      expect(await store.appendVersions(whole)).toEqual(whole.map(() => true));
      expect(files.count("datasync") - before).toBe(1);
      for (const { entry, blob } of whole) {
        expect(await store.entries.get(entry.id)).toMatchObject({ complete: true });
        expect(await store.blobs.get(blob.digest)).toEqual(blob.bytes);
      }
    });

    test("leave no entry whose blob could not be written", async () => {
      for (const operation of ["write", "datasync"] as const) {
        const files = new FaultyFiles();
        const store = await openScratch({ dir: scratchFolder(), files });
        await store.blobs.put(numberedBlob(0).digest, numberedBlob(0).bytes);
        let isFirst = true;
        files.before = ({ name }) => {
          if (name !== operation || !isFirst) return;
          isFirst = false;
          throw new Error("the disk fails once");
        };
        const whole = versions(new EntryMaker(1), 3);
        await expect(store.appendVersions(whole)).rejects.toMatchObject({ code: "STORE_IO" });
        for (const { entry, blob } of whole) {
          expect(await store.entries.get(entry.id)).toBeUndefined();
          expect(await store.blobs.missing([blob.digest])).toEqual([blob.digest]);
        }
      }
    });

    test("that fill the log wait for their blobs, and leave no entry without one", async () => {
      const size = 4 * 1024 * 1024;
      const count = COMMIT_QUEUE_BYTES_MAX / size + 8;
      for (const fails of [false, true]) {
        const files = new FaultyFiles();
        const store = await openScratch({ dir: scratchFolder(), files });
        await store.blobs.put(numberedBlob(0).digest, numberedBlob(0).bytes);
        let syncs = 0;
        files.before = ({ name }) => {
          if (name === "datasync" && ++syncs === 1 && fails) throw new Error("the disk fails once");
        };
        const whole = versions(new EntryMaker(1), count, size);
        const appended = store.appendVersions(whole);
        if (fails) await expect(appended).rejects.toMatchObject({ code: "STORE_IO" });
        else await appended;
        // Whatever still waits for room comes before these.
        for (const late of [900, 901])
          await store.blobs.put(numberedBlob(late).digest, numberedBlob(late).bytes);
        for (const { entry, blob } of whole) {
          expect((await store.entries.get(entry.id))?.complete).toBe(fails ? undefined : true);
          if (!fails) expect(await store.blobs.missing([blob.digest])).toEqual([]);
        }
      }
    });
  });
});
