import type { PeerId } from "@gstore/core";
import { ManualClock } from "@gstore/testing";
import { expect, test } from "vitest";
import { Room } from "../../src/placement/room.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** A room on a disk that has so much used and free, of which blobs are some. */
async function roomOn(disk: { usedBytes: number; freeBytes: number }, capacityBytes?: number): Promise<Room> {
  const room = new Room({
    self: "me" as PeerId,
    capacityBytes,
    members: { get: () => undefined },
    disk: {
      blobs: { usage: () => ({ blobs: 1, bytes: 10 * MIB }) } as never,
      diskUsage: async () => ({ ...disk, indexBytes: 0 }),
    },
    clock: new ManualClock(),
    isShort: () => {},
  });
  await room.measure();
  return room;
}

test("of a large disk 256 MiB are left to the node's own writes", async () => {
  const disk = { usedBytes: 900 * GIB, freeBytes: 256 * MIB + 1000 };
  expect((await roomOn(disk)).has(1000)).toBe(true);
  expect((await roomOn(disk)).has(1001)).toBe(false);
  const full = await roomOn({ ...disk, freeBytes: 200 * MIB });
  expect(full.isFull).toBe(true);
  expect(() => full.assertHas(1)).toThrow(expect.objectContaining({ code: "NODE_FULL", retryable: true }));
});

test("of a small disk a fiftieth", async () => {
  const disk = { usedBytes: 960 * MIB, freeBytes: 40 * MIB };
  expect((await roomOn(disk)).has(20 * MIB)).toBe(true);
  expect((await roomOn(disk)).has(20 * MIB + 1)).toBe(false);
});

test("a capacity beyond what the disk has does not touch that", async () => {
  const disk = { usedBytes: 960 * MIB, freeBytes: 40 * MIB };
  expect((await roomOn(disk, GIB)).has(21 * MIB)).toBe(false);
  expect((await roomOn(disk, 15 * MIB)).has(6 * MIB)).toBe(false);
  expect((await roomOn(disk, 15 * MIB)).has(5 * MIB)).toBe(true);
});
