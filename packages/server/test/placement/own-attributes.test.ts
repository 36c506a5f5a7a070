import type { Member, PeerId } from "@gstore/core";
import { ManualClock } from "@gstore/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import { capacityStep, capacityToState } from "../../src/placement/capacity-steps.ts";
import { AttributeTeller, type OwnAttributes } from "../../src/placement/own-attributes.ts";
import { memberOf } from "../support/placing.ts";
import { turns } from "../support/waiting.ts";

const GB = 1e9;

describe("the capacity of a disk", () => {
  test("is rounded down to 1, 2 or 5 times a power of ten", () => {
    const steps = [0, 0.5, 1, 19, 20, 49, 50, 99, 480 * GB, 500 * GB, 999 * GB, 1000 * GB];
    expect(steps.map(capacityStep)).toEqual([
      ...[0, 0, 1, 10, 20, 20, 50, 50, 200 * GB, 500 * GB, 500 * GB, 1000 * GB],
    ]);
  });

  test("is not stated anew before the disk is a tenth outside of what is stated", () => {
    expect(capacityToState(480 * GB, null)).toBe(200 * GB);
    expect(capacityToState(510 * GB, 200 * GB)).toBeNull();
    expect(capacityToState(560 * GB, 200 * GB)).toBe(500 * GB);
    expect(capacityToState(460 * GB, 500 * GB)).toBeNull();
    expect(capacityToState(440 * GB, 500 * GB)).toBe(200 * GB);
  });

  test("is stated once, whatever it is, and then not again", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (bytes) => {
        const stated = capacityToState(bytes, null) as number;
        expect(stated).toBeLessThanOrEqual(bytes);
        expect(capacityToState(bytes, stated)).toBeNull();
      }),
    );
  });
});

describe("a node", () => {
  const self = memberOf(1);
  const other = memberOf(2);

  async function started(said: OwnAttributes, known: Partial<Member>) {
    let member = { capacityBytes: null, zone: null, attributesBy: null, ...known } as Member;
    const disk = { usedBytes: 10 * GB, indexBytes: 0, freeBytes: 550 * GB };
    const stated: [number | null, string | null][] = [];
    const clock = new ManualClock();
    const teller = new AttributeTeller({
      ...{ self, said, clock, logger: silentLogger },
      members: { get: () => member },
      disk: { diskUsage: async () => disk },
      administration: {
        stateAttributes: async (_peer: PeerId, { capacityBytes, zone }) => {
          stated.push([capacityBytes, zone]);
          member = { ...member, capacityBytes, zone, attributesBy: self };
        },
      },
    });
    teller.start();
    await turns(10);
    const anHourLater = async () => {
      clock.advance(3_600_000);
      await turns(10);
    };
    return { disk, stated, teller, anHourLater };
  }

  test("states what its user says, and keeps the zone that was stated where he says none", async () => {
    const { stated, anHourLater } = await started({ capacityBytes: 7 * GB }, { zone: "home" });
    expect(stated).toEqual([[7 * GB, "home"]]);
    await anHourLater();
    expect(stated).toHaveLength(1);
  });

  test("states what its disk has room for, and again only when that has changed", async () => {
    const { stated, disk, teller, anHourLater } = await started({ zone: "home" }, {});
    expect(stated).toEqual([[500 * GB, "home"]]);
    disk.freeBytes = 500 * GB;
    await anHourLater();
    expect(stated).toHaveLength(1);
    disk.freeBytes = 300 * GB;
    await anHourLater();
    expect(stated).toEqual([
      [500 * GB, "home"],
      [200 * GB, "home"],
    ]);
    teller.stop();
    disk.freeBytes = 3000 * GB;
    await anHourLater();
    expect(stated).toHaveLength(2);
  });

  test("says nothing against what an admin has stated of it, unless its user does", async () => {
    const byAdmin = { capacityBytes: 5 * GB, attributesBy: other };
    expect((await started({}, byAdmin)).stated).toEqual([]);
    expect((await started({ capacityBytes: 6 * GB }, byAdmin)).stated).toEqual([[6 * GB, null]]);
  });

  test("states nothing that is stated already", async () => {
    const known = { capacityBytes: 500 * GB, zone: "home", attributesBy: self };
    expect((await started({ capacityBytes: 500 * GB, zone: "home" }, known)).stated).toEqual([]);
    expect((await started({}, known)).stated).toEqual([]);
  });
});
