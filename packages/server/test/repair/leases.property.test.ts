import { digestOf, type Entry, type EntryId, GstoreError, type PeerId } from "@gstore/core";
import { decodeLeaseVersions, encodeLeaseVersionsAnswer } from "@gstore/p2p";
import { ManualClock } from "@gstore/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Leases } from "../../src/repair/leases.ts";
import { Surplus, type SurplusOptions } from "../../src/repair/surplus.ts";

const version: EntryId = digestOf(Buffer.from("version"));
const entry = { id: version, body: { space: "space" } } as unknown as Entry;
const peers = ["a", "b", "c", "d", "e"] as unknown as PeerId[];
const MINUTE_MS = 60_000;

/** One holder of the version, with its own opinion of who ranks how: no two need agree. */
interface Holder {
  readonly leases: Leases;
  holds: boolean;
  /** What it has lost without noticing. */
  hasLost?: boolean;
}

interface World {
  readonly clock: ManualClock;
  readonly holders: Map<PeerId, Holder>;
}

function worldOf(count: number): World {
  const clock = new ManualClock();
  const members = peers.slice(0, count);
  const holders = new Map(members.map((peer) => [peer, { leases: new Leases(clock), holds: true }]));
  clock.advance(MINUTE_MS);
  return { clock, holders };
}

interface Attempt {
  readonly self: PeerId;
  /** Whom it thinks better placed than itself, best first. */
  readonly ranked: readonly PeerId[];
  readonly copies: number;
  readonly delay: <T>(what: string, value: T) => Promise<T>;
  /** Messages that get lost. */
  readonly isLost?: (to: PeerId) => boolean;
}

function giveUp({ clock, holders }: World, attempt: Attempt): Promise<boolean> {
  const { self, ranked, copies, delay, isLost = () => false } = attempt;
  const own = holders.get(self) as Holder;
  const holdsNow = (holder: Holder, versions: readonly EntryId[]) =>
    delay("looks", null).then(async () => {
      const held = holder.holds ? [...versions] : [];
      return await delay("has looked", held);
    });
  const request = async (to: PeerId, _purpose: string, message: Uint8Array): Promise<Uint8Array> => {
    await delay(`${self} asks ${to}`, null);
    const asked = holders.get(to) as Holder;
    const granted = await asked.leases.answer(decodeLeaseVersions(message), (versions) =>
      holdsNow(asked, versions),
    );
    await delay(`${to} answers ${self}`, null);
    if (isLost(to)) throw new GstoreError("TIMEOUT", "lost", { retryable: true });
    return encodeLeaseVersionsAnswer(granted);
  };
  const audit = async (to: PeerId) => {
    await delay(`${self} challenges ${to}`, null);
    const { holds, hasLost } = holders.get(to) as Holder;
    return holds && !hasLost ? "proved" : "missing";
  };
  const placement = {
    shouldHold: () => false,
    wanted: () => ({ copies, min: 1 }),
    ranked: () => [...ranked, self],
    holders: (_body: unknown, { without }: { without: ReadonlySet<PeerId> }) =>
      [...ranked, self].filter((peer) => !without.has(peer)).slice(0, copies),
  };
  const entries = {
    get: async () => {
      await delay(`${self} reads`, null);
      return { entry, complete: own.holds };
    },
    markDropped: async () => {
      await delay(`${self} writes`, null);
      own.holds = false;
    },
  };
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const options = { network: { self, request }, entries, placement, audits: { audit }, clock };
  const surplus = new Surplus({
    ...(options as unknown as SurplusOptions),
    ...{ leases: own.leases, logger: silent, pins: { mayBePinned: () => false }, dropped: () => {} },
  });
  return surplus.giveUp(entry, ranked, new AbortController().signal);
}

const holding = ({ holders }: World): number => [...holders.values()].filter(({ holds }) => holds).length;
const atOnce = <T>(_what: string, value: T): Promise<T> => Promise.resolve(value);

describe("holders that give up what is too many", () => {
  test("leave as many copies as wanted, whatever each thinks of the others and in whatever order things happen", async () => {
    const opinions = fc.array(fc.shuffledSubarray([...peers]), { minLength: 5, maxLength: 5 });
    let dropped = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        opinions,
        async (scheduler, count, copies, ranks) => {
          const world = worldOf(count);
          const members = [...world.holders.keys()];
          let fewest = count;
          const delay = async <T>(what: string, value: T): Promise<T> => {
            await scheduler.schedule(Promise.resolve(), what);
            fewest = Math.min(fewest, holding(world));
            return value;
          };
          const attempts = members.map(async (self, index) => {
            const ranked = (ranks[index] ?? []).filter((peer) => peer !== self && members.includes(peer));
            await delay("begins", null);
            return await giveUp(world, { self, ranked, copies, delay });
          });
          await scheduler.waitFor(Promise.all(attempts));
          dropped += count - holding(world);
          expect(Math.min(fewest, holding(world))).toBeGreaterThanOrEqual(Math.min(copies, count));
        },
      ),
      { seed: 42, numRuns: 400 },
    );
    expect(dropped).toBeGreaterThan(100);
  });

  test("give nothing up where a holder does not promise, or its promise is lost", async () => {
    const [a, b, c] = peers as [PeerId, PeerId, PeerId];
    const world = worldOf(3);
    const attempt = { self: c, ranked: [a, b], copies: 2, delay: atOnce };
    expect(await giveUp(world, { ...attempt, isLost: (to) => to === b })).toBe(false);
    expect(await giveUp(world, attempt)).toBe(true);
    expect(holding(world)).toBe(2);
  });

  test("give nothing up where a holder promises and can't prove", async () => {
    const [a, b, c] = peers as [PeerId, PeerId, PeerId];
    const world = worldOf(3);
    const holder = world.holders.get(b) as Holder;
    holder.hasLost = true;
    const attempt = { self: c, ranked: [a, b], copies: 2, delay: atOnce };
    expect(await giveUp(world, attempt)).toBe(false);
    holder.hasLost = false;
    expect(await giveUp(world, attempt)).toBe(true);
  });

  test("give nothing up while they have promised to keep it, and a minute later do", async () => {
    const [a, b, c] = peers as [PeerId, PeerId, PeerId];
    const world = worldOf(3);
    expect(await giveUp(world, { self: a, ranked: [b, c], copies: 2, delay: atOnce })).toBe(true);
    (world.holders.get(a) as Holder).holds = true;
    const attempt = { self: b, ranked: [a, c], copies: 2, delay: atOnce };
    expect(await giveUp(world, attempt)).toBe(false);
    world.clock.advance(MINUTE_MS);
    expect(await giveUp(world, attempt)).toBe(true);
  });

  test("give nothing up in the first minute of their life, having forgotten what they promised before", async () => {
    const [a, b, c] = peers as [PeerId, PeerId, PeerId];
    const world = worldOf(3);
    const reborn = { leases: new Leases(world.clock), holds: true };
    world.holders.set(c, reborn);
    const attempt = { self: c, ranked: [a, b], copies: 2, delay: atOnce };
    expect(await giveUp(world, attempt)).toBe(false);
    world.clock.advance(MINUTE_MS);
    expect(await giveUp(world, attempt)).toBe(true);
  });

  test.each<[string, (clock: ManualClock) => void]>([
    ["the lease is half over", (clock) => clock.advance(MINUTE_MS / 2)],
    [
      "the machine has slept meanwhile, which only the wall clock tells",
      (clock) => clock.jumpTo(clock.now() + MINUTE_MS),
    ],
  ])("give nothing up where %s", async (_what, happens) => {
    const [a, b, c] = peers as [PeerId, PeerId, PeerId];
    const world = worldOf(3);
    const delay = async <T>(what: string, value: T): Promise<T> => {
      if (what === "c challenges b") happens(world.clock);
      return value;
    };
    expect(await giveUp(world, { self: c, ranked: [a, b], copies: 2, delay })).toBe(false);
    expect(holding(world)).toBe(3);
  });
});
