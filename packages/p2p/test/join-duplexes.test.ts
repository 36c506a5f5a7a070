import { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RELAYED_FIRST_BYTES } from "../src/limits.ts";
import { RateLimit } from "../src/rate-limit.ts";
import { joinDuplexes } from "../src/relay/join-duplexes.ts";
import { ManualClock, until } from "./manual-clock.ts";

const KIB = 1024;
const PER_SECOND = 1024 * KIB;
/** What the streams hold between the two ends: it has been counted, and not yet come out. */
const CHUNK = 16 * KIB;

let clock: ManualClock;
let rates: { up: RateLimit; down: RateLimit };
const ends: End[] = [];

beforeEach(() => {
  clock = new ManualClock();
  rates = { up: new RateLimit(clock), down: new RateLimit(clock) };
});
afterEach(() => {
  for (const end of ends.splice(0)) end.destroy();
});

/** A member's end of a relayed connection, as the relay has it. */
class End extends Duplex {
  /** Bytes that came out here. */
  received = 0;
  /** Bytes still to be sent, in chunks. */
  toSend = 0;
  /** Whether it takes what is written. */
  reads = true;
  #taken: (() => void) | null = null;

  constructor() {
    super({ highWaterMark: CHUNK });
    ends.push(this);
    this.on("error", () => {});
  }

  send(bytes: number): void {
    this.toSend += bytes;
    this.#give();
  }

  takeUp(): void {
    this.reads = true;
    this.#taken?.();
  }

  override _read(): void {
    this.#give();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.received += bytes.length;
    if (this.reads) done();
    else this.#taken = done;
  }

  #give(): void {
    while (this.toSend > 0) {
      const some = Math.min(CHUNK, this.toSend);
      this.toSend -= some;
      if (!this.push(Buffer.alloc(some))) return;
    }
  }
}

function joined(options: { readonly bytesMax?: number; readonly timeMaxMs?: number } = {}) {
  const [left, right] = [new End(), new End()];
  const state = { left, right, isOver: false };
  const over = () => {
    state.isOver = true;
  };
  joinDuplexes(left, right, { clock, rates, bytesMax: 1e9, timeMaxMs: 1e9, over, ...options });
  return state;
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
}

for (const direction of ["up", "down"] as const) {
  test(`what is relayed counts towards the limit ${direction} of the relay, and goes on as that allows`, async () => {
    rates[direction].set(PER_SECOND);
    const { left, right } = joined();
    left.send(4 * PER_SECOND);
    await settled();
    // The first bytes on credit.
    expect(right.received).toBeGreaterThanOrEqual(RELAYED_FIRST_BYTES);
    expect(right.received).toBeLessThanOrEqual(RELAYED_FIRST_BYTES + 2 * CHUNK);
    let seconds = 0;
    for (; right.received < 4 * PER_SECOND; seconds += 0.05) {
      clock.advance(50);
      await settled();
      expect(right.received).toBeLessThanOrEqual((1 / 4 + 0.1 + seconds) * PER_SECOND + RELAYED_FIRST_BYTES);
    }
    expect(seconds).toBeGreaterThan(3.5);
    expect(seconds).toBeLessThan(5);
  });
}

test("a request does not wait for a transfer that waits for the limit", async () => {
  rates.up.set(PER_SECOND);
  const [bulk, requests] = [joined(), joined()];
  bulk.left.send(4 * PER_SECOND);
  await settled();
  const before = bulk.right.received;
  requests.left.send(CHUNK);
  await settled();
  expect(requests.right.received).toBe(CHUNK);
  requests.right.send(CHUNK);
  await settled();
  expect(requests.left.received).toBe(CHUNK);
  expect(bulk.right.received).toBe(before);
});

test("a relayed transfer slows down the node's own by what it takes", async () => {
  rates.up.set(PER_SECOND);
  clock.advance(1000);
  expect(rates.up.hasRoom({ isUrgent: false })).toBe(true);
  joined().left.send(PER_SECOND);
  await settled();
  expect(rates.up.hasRoom({ isUrgent: false })).toBe(false);
});

test("a limit that is taken away or set holds at once", async () => {
  const { left, right } = joined();
  left.send(PER_SECOND);
  await settled();
  expect(right.received).toBe(PER_SECOND);
  rates.down.set(PER_SECOND);
  left.send(4 * PER_SECOND);
  await settled();
  expect(right.received).toBeLessThan(2 * PER_SECOND);
  rates.down.set(null);
  await settled();
  expect(right.received).toBe(5 * PER_SECOND);
});

test("what one side does not take is not read from the other", async () => {
  const { left, right } = joined();
  right.reads = false;
  left.send(PER_SECOND);
  await settled();
  expect(right.received).toBe(CHUNK);
  expect(left.toSend).toBeGreaterThan(PER_SECOND - 8 * CHUNK);
  right.takeUp();
  await settled();
  expect(right.received).toBe(PER_SECOND);
});

test("what is relayed of one connection is bounded in bytes, both ways together, and in time", async () => {
  const much = joined({ bytesMax: 4 * CHUNK });
  much.left.send(2 * CHUNK);
  much.right.send(2 * CHUNK);
  await settled();
  expect(much.isOver).toBe(false);
  much.right.send(1);
  await until(() => much.isOver);
  const long = joined({ timeMaxMs: 1000 });
  clock.advance(999);
  await settled();
  expect(long.isOver).toBe(false);
  clock.advance(1);
  await until(() => long.isOver);
});

test("who waits for a limit and goes leaves nothing behind", async () => {
  rates.up.set(PER_SECOND);
  const { left } = joined();
  left.send(4 * PER_SECOND);
  await settled();
  left.destroy();
  await settled();
  clock.advance(10_000);
  expect(clock.pending).toBe(0);
});
