import { checkAtRest } from "../checks/at-rest.ts";
import { disagreement } from "../checks/convergence.ts";
import { checkQuiet } from "../checks/leaks.ts";
import type { Violation } from "../world/violation.ts";
import { World, type WorldOptions } from "../world/world.ts";
import { buildUp } from "./build-up.ts";
import { connectAll, heal } from "./heal.ts";
import { type Profile, profileBy, purgeGapBy } from "./profile.ts";
import { turmoil } from "./turmoil.ts";

/** What came of one seed. */
export interface Outcome {
  readonly seed: string;
  readonly violation: Violation | null;
  /** Of a failing run: its end, as far as it is about what went wrong. */
  readonly trace: readonly string[];
  /** The same for the same seed, whatever machine it runs on. */
  readonly fingerprint: string;
  readonly simulatedMs: number;
  readonly events: number;
  readonly acknowledged: number;
  /** Copies given up, and blobs collected as garbage. */
  readonly givenUp: number;
  readonly collected: number;
  /** Versions given up as old history. */
  readonly expired: number;
  /** Purges of which every member gave its receipt. */
  readonly purged: number;
}

const MINUTE_MS = 60_000;
/** Within so long after all faults have ended all members agree: the longest redial delay, and what follows it. */
const CONVERGED_AFTER_MS: number = 4 * MINUTE_MS;
const POLL_MS = 1000;
const SETTLED_AFTER_MS = 10_000;
/** What was under way at the end of convergence comes to its end within this. */
const QUIET_AFTER_MS: number = 1 * MINUTE_MS;
/** Longer than any phase takes: a run that is not over by then hangs. */
const PHASE_MS_MAX: number = 15 * MINUTE_MS;

export interface RunOptions extends Omit<WorldOptions, "seed"> {
  /** Called with each line of the trace. */
  readonly onLine?: (line: string) => void;
  /** What differs from the profile that the seed would have. */
  readonly profile?: Partial<Profile>;
}

/** Runs one seed from the founding of its network to its rest, or to the first violation. */
export async function runSeed(seed: string, options: RunOptions = {}): Promise<Outcome> {
  const { onLine = null, profile: wanted, ...given } = options;
  const world = new World({ seed, ...given });
  world.trace.onLine = onLine;
  const onRejection = (error: unknown): void =>
    world.violate(
      "no rejection goes unhandled",
      error instanceof Error ? String(error.stack) : String(error),
    );
  process.on("unhandledRejection", onRejection);
  try {
    const purgeGapMs = purgeGapBy(world.random("purge profile"));
    const profile = { ...profileBy(world.random("profile")), purgeGapMs, ...wanted };
    world.historyMs = profile.historyMs;
    world.trace.note(
      `seed ${seed}: ${JSON.stringify({ ...profile, faults: profile.faults.map(({ name }) => name) })}`,
    );
    await phase(world, "the network is built", () => buildUp(world, profile, world.random("build-up")));
    const endFaults = await phase(world, "the turmoil ends", () => turmoil(world, profile));
    endFaults?.();
    if (world.violation === null) heal(world);
    await phase(world, "the members agree", () => converge(world));
    await phase(world, "what was written is there", () => checkAtRest(world));
    await phase(world, "nothing is left over", () => rest(world));
  } finally {
    for (const node of world.nodes.values()) node.abandon();
    process.off("unhandledRejection", onRejection);
  }
  return outcomeOf(world);
}

/** Lets the world go on until some work in it is done; undefined where it fails or a rule is broken before. */
async function phase<T>(world: World, name: string, work: () => Promise<T>): Promise<T | undefined> {
  if (world.violation !== null) return undefined;
  let result: { value: T } | undefined;
  let isOver = false;
  work().then(
    (value) => {
      result = { value };
      isOver = true;
    },
    (error: unknown) => {
      world.violate(`${name}`, error instanceof Error ? (error.stack ?? String(error)) : String(error));
    },
  );
  const { scheduler } = world;
  await scheduler.run(scheduler.now + PHASE_MS_MAX, () => isOver || world.violation !== null);
  if (!isOver) world.violate(name, `not within ${PHASE_MS_MAX} simulated ms`);
  return result?.value;
}

/** Lets what was under way come to its end, and stops all nodes: nothing of them goes on then. */
async function rest(world: World): Promise<void> {
  await world.scheduler.sleep(QUIET_AFTER_MS);
  checkQuiet(world);
  await world.checks.purges.atRest();
  const lives = world.running().map(({ name, running }) => ({ name, life: running?.life }));
  await Promise.all(world.running().map((node) => node.stop()));
  await world.scheduler.sleep(QUIET_AFTER_MS);
  for (const { name, life } of lives) {
    if (life === undefined || life.timers === 0) continue;
    world.violate("I7: nothing goes on after a stop", `${life.timers} timers`, { nodes: [name] });
  }
}

async function converge(world: World): Promise<void> {
  const endsAtMs = world.scheduler.now + CONVERGED_AFTER_MS;
  for (;;) {
    connectAll(world);
    const difference = (await disagreement(world)) ?? (await disagreementLater(world));
    if (difference === null) {
      world.trace.note("all members agree");
      return;
    }
    if (world.scheduler.now >= endsAtMs) {
      world.violate(`all members agree within ${CONVERGED_AFTER_MS / 1000} s after the faults`, difference);
      return;
    }
    await world.scheduler.sleep(POLL_MS);
  }
}

/** What is still on its way when they agree may part them again: duties of admins, records passed on. */
async function disagreementLater(world: World): Promise<string | null> {
  await world.scheduler.sleep(SETTLED_AFTER_MS);
  return await disagreement(world);
}

function outcomeOf(world: World): Outcome {
  const { seed, violation, trace, scheduler, ledger, collected, expired, checks } = world;
  return {
    seed,
    violation,
    trace: violation === null ? [] : trace.about(violation),
    fingerprint: `${scheduler.fingerprint} ${trace.digest()}`,
    simulatedMs: scheduler.now,
    events: scheduler.executed,
    acknowledged: ledger.acknowledged.size,
    givenUp: ledger.givenUp,
    ...{ collected, expired, purged: checks.purges.complete },
  };
}
