import { type Digest, digestOf } from "@gstore/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LoneNode, loneNode } from "../support/lone-node.ts";
import { bytesOf, randomBytes, readAll } from "../support/test-network.ts";
import { codeOf, turns, until } from "../support/waiting.ts";

const LARGE = 3 * 1024 * 1024;

const collect = ({ parts }: LoneNode, options = {}) => parts.collection.collector.collect(options);

/** A source that stops in the middle until it is told to go on. */
function stalling(content: Buffer): {
  source: AsyncGenerator<Uint8Array>;
  goOn: () => void;
  stalled: Promise<void>;
} {
  let goOn = (): void => {};
  let isStalled = (): void => {};
  const stalled = new Promise<void>((resolve) => {
    isStalled = resolve;
  });
  const going = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  async function* source(): AsyncGenerator<Uint8Array> {
    yield content.subarray(0, content.length / 2);
    isStalled();
    await going;
    yield content.subarray(content.length / 2);
  }
  return { source: source(), goOn, stalled };
}

describe("collecting garbage", () => {
  test("takes what no version names, once, and leaves every file as it is", async () => {
    const lone = await loneNode();
    const content = randomBytes(LARGE, "kept");
    await lone.node.store("kept", content);
    await lone.node.store("small", Buffer.from("small"));
    const before = lone.blobs.usage();
    const garbage = Buffer.from("named by nobody");
    await lone.blobs.put(digestOf(garbage), garbage);
    expect(await collect(lone, { dryRun: true })).toMatchObject({ blobs: 1, bytes: garbage.length });
    expect(lone.blobs.usage().blobs).toBe(before.blobs + 1);
    expect(await collect(lone)).toMatchObject({ blobs: 1, bytes: garbage.length, leased: 0, unreadable: [] });
    expect(await collect(lone)).toMatchObject({ blobs: 0 });
    expect(lone.blobs.usage()).toEqual(before);
    expect((await readAll(lone.node, "kept")).equals(content)).toBe(true);
  });

  test("takes what proved damaged, where no version names it, and leaves what one does to be repaired", async () => {
    const lone = await loneNode();
    const { version } = await lone.node.store("kept", Buffer.from("kept"));
    const kept = (await lone.entries.get(version))?.entry.body.content?.digest as Digest;
    const garbage = digestOf(Buffer.from("named by nobody"));
    await lone.blobs.put(garbage, Buffer.from("named by nobody"));
    for (const digest of [kept, garbage]) {
      lone.blobs.memory.damage(digest);
      expect(await codeOf(lone.blobs.get(digest))).toBe("BLOB_DAMAGED");
    }
    expect(await collect(lone)).toMatchObject({ blobs: 1, unreadable: [] });
    expect(await codeOf(lone.blobs.get(garbage))).toBe("BLOB_NOT_FOUND");
    expect(await codeOf(lone.blobs.get(kept))).toBe("BLOB_DAMAGED");
  });

  test("takes a dropped version's blobs, but for those that another version has", async () => {
    const lone = await loneNode();
    const content = randomBytes(LARGE, "first");
    const edited = Buffer.concat([content.subarray(0, LARGE / 2), randomBytes(LARGE / 2, "second")]);
    const first = await lone.node.store("file", content);
    await lone.node.store("file", edited);
    const before = lone.blobs.usage().bytes;
    await lone.entries.markDropped([first.version]);
    const { bytes } = await collect(lone);
    expect(bytes).toBeGreaterThan(LARGE / 4);
    expect(before - lone.blobs.usage().bytes).toBe(bytes);
    expect((await readAll(lone.node, "file")).equals(edited)).toBe(true);
    // What is gone is stored anew.
    await lone.node.store("file", content);
    expect((await readAll(lone.node, "file")).equals(content)).toBe(true);
  });

  test("takes nothing of a put that is under way, however long", async () => {
    const lone = await loneNode();
    const content = randomBytes(LARGE, "slow");
    const { source, goOn, stalled } = stalling(content);
    const put = lone.node.store("slow", source);
    await stalled;
    await turns(50);
    expect(lone.blobs.usage().blobs).toBeGreaterThan(0);
    expect(await collect(lone)).toMatchObject({ blobs: 0 });
    expect(await collect(lone)).toMatchObject({ blobs: 0 });
    goOn();
    await put;
    await collect(lone);
    expect((await readAll(lone.node, "slow")).equals(content)).toBe(true);
  });

  test("takes nothing that a put finds here between the marking and the taking", async () => {
    const lone = await loneNode();
    const content = randomBytes(LARGE, "again");
    const { version } = await lone.node.store("again", content);
    await lone.node.store("other", randomBytes(LARGE, "other"));
    await lone.entries.markDropped([version]);
    let put: Promise<unknown> | null = null;
    // The other file's manifest is read while marking; the dropped version was passed over by then.
    lone.blobs.beforeGet = async () => {
      put ??= lone.node.store("copy", content);
      await put;
    };
    await collect(lone);
    lone.blobs.beforeGet = null;
    expect(put).not.toBeNull();
    expect((await readAll(lone.node, "copy")).equals(content)).toBe(true);
  });

  test("takes nothing of what is being read, until it was", async () => {
    const lone = await loneNode();
    const content = randomBytes(2 * LARGE, "read");
    const { version } = await lone.node.store("read", content);
    const { stream } = await lone.node.get("read");
    const reader = stream.getReader();
    const slices = [(await reader.read()).value as Uint8Array];
    await lone.entries.markDropped([version]);
    expect(await collect(lone)).toMatchObject({ blobs: 0 });
    for (let next = await reader.read(); !next.done; next = await reader.read()) slices.push(next.value);
    expect(Buffer.concat(slices).equals(content)).toBe(true);
    expect((await collect(lone)).blobs).toBeGreaterThan(0);
    expect(lone.blobs.usage().blobs).toBe(0);
  });

  test("takes nothing at all while it can't be told what a version names", async () => {
    const lone = await loneNode();
    const { version } = await lone.node.store("broken", randomBytes(LARGE, "broken"));
    const garbage = Buffer.from("named by nobody");
    await lone.blobs.put(digestOf(garbage), garbage);
    const root = (await lone.entries.get(version))?.entry.body.content?.digest as Digest;
    lone.blobs.memory.damage(root);
    const report = await collect(lone);
    expect(report).toMatchObject({ blobs: 0, bytes: 0, unreadable: [{ version, code: "BLOB_DAMAGED" }] });
    lone.blobs.memory.damage(root);
    expect(await collect(lone)).toMatchObject({ blobs: 1, unreadable: [] });
    expect(await lone.blobs.missing([digestOf(garbage)])).toHaveLength(1);
  });

  test("keeps for an hour what a peer has pushed, until its entry is there", async () => {
    const lone = await loneNode();
    const { leases } = lone.parts.collection;
    const pushed = [Buffer.from("pushed"), Buffer.from("pushed too")];
    for (const bytes of pushed) {
      await lone.blobs.put(digestOf(bytes), bytes);
      leases.grant(digestOf(bytes));
    }
    lone.all.clock.advance(3_599_999);
    expect(await collect(lone)).toMatchObject({ blobs: 0, leased: 2 });
    leases.release(digestOf(pushed[0] as Buffer));
    expect(await collect(lone)).toMatchObject({ blobs: 1, leased: 1 });
    lone.all.clock.advance(1);
    expect(await collect(lone)).toMatchObject({ leased: 0 });
    expect(lone.blobs.usage().blobs).toBe(0);
  });

  test("happens by itself an hour after the start, and an hour after versions were dropped", async () => {
    const lone = await loneNode();
    const garbage = Buffer.from("named by nobody");
    await lone.blobs.put(digestOf(garbage), garbage);
    const { version } = await lone.node.store("file", Buffer.from("file"));
    lone.all.clock.advance(3_599_999);
    await turns(20);
    expect(lone.blobs.usage().blobs).toBe(2);
    lone.all.clock.advance(1);
    await until("it was collected", () => lone.blobs.usage().blobs === 1);
    await lone.entries.markDropped([version]);
    lone.parts.collection.collector.poke();
    await turns(20);
    lone.all.clock.advance(3_600_000);
    await until("it was collected", () => lone.blobs.usage().blobs === 0);
  });

  test("breaks off when it is told to, and when the node stops", async () => {
    const lone = await loneNode();
    await lone.node.store("file", randomBytes(LARGE, "file"));
    const stop = new AbortController();
    stop.abort();
    await expect(collect(lone, { signal: stop.signal })).rejects.toMatchObject({ code: "ABORTED" });
    lone.blobs.beforeGet = () => void lone.parts.collection.collector.stop();
    await expect(collect(lone)).rejects.toMatchObject({ code: "ABORTED" });
  });
});

test("whatever is put, replaced, dropped and collected at once, every kept version is read", {
  timeout: 120_000,
}, async () => {
  const act = fc.constantFrom("put", "put", "drop", "collect", "collect", "turn");
  const step = fc.record({ act, key: fc.nat(2), content: fc.nat(3) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const lone = await loneNode();
      const contents = [0, 1, 2, 3].map((number) =>
        Buffer.concat([randomBytes(200_000, "shared"), randomBytes(200_000, `own ${number}`)]),
      );
      const kept = new Map<string, { key: string; content: Buffer }>();
      const running: Promise<unknown>[] = [];
      for (const { act: what, key, content } of steps) {
        if (what === "put") {
          const file = { key: `key ${key}`, content: contents[content] as Buffer };
          const put = lone.node.store(file.key, file.content);
          running.push(put.then(({ version }) => kept.set(version, file)));
        } else if (what === "drop") {
          const [version] = [...kept.keys()].slice(key);
          if (version !== undefined && kept.delete(version))
            running.push(lone.entries.markDropped([version as Digest]));
        } else if (what === "collect") running.push(collect(lone));
        else await turns(3);
      }
      await Promise.all(running);
      await collect(lone);
      for (const [version, { key, content }] of kept) {
        expect((await lone.entries.get(version as Digest))?.complete).toBe(true);
        const { stream } = await lone.node.get(key, { version });
        expect((await bytesOf(stream)).equals(content)).toBe(true);
      }
    }),
    { numRuns: 25 },
  );
});
