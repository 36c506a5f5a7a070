import type { SeededRandom } from "@gstore/testing";
import { ALL_FAULTS } from "../faults/all-faults.ts";
import type { Fault } from "../faults/fault.ts";

/** What a seed's run is like. Each seed has few kinds of faults: many at once hide each other. */
export interface Profile {
  readonly nodes: number;
  /** Whether each node connects to all others from the start, or only to the one that admitted it. */
  readonly topology: "mesh" | "star" | "chain";
  readonly keys: number;
  /** Simulated milliseconds with operations and faults. */
  readonly durationMs: number;
  /** Milliseconds between two operations, on average. */
  readonly operationGapMs: number;
  readonly faultGapMs: number;
  /** Milliseconds that a fault lasts at most. */
  readonly faultMs: number;
  readonly faults: readonly Fault[];
  /** What the founder sets as the default of its space; null leaves the product's. */
  readonly policy: { readonly copies: number; readonly min: number } | null;
  /** How long superseded versions are kept (ms); null for longer than any run. */
  readonly historyMs: number | null;
  /** Milliseconds between two purges, on average; null for none. */
  readonly purgeGapMs: number | null;
}

const SECOND_MS = 1000;

/** Milliseconds between two purges: in a few seeds some come, and in most none. */
export function purgeGapBy(random: SeededRandom): number | null {
  return random.below(8) === 0 ? (3 + random.below(12)) * SECOND_MS : null;
}

export function profileBy(random: SeededRandom): Omit<Profile, "purgeGapMs"> {
  const share = 1 + random.below(4);
  // Copies are given up a minute after a node's start at the soonest.
  const pace = random.below(5) === 0 ? 3 : 1;
  const chosen = ALL_FAULTS.filter(() => random.below(8) < share);
  return {
    nodes: 2 + random.below(4),
    topology: (["mesh", "mesh", "star", "chain"] as const)[random.below(4)] ?? "mesh",
    keys: 1 + random.below(10),
    durationMs: pace * (15 + random.below(45)) * SECOND_MS,
    operationGapMs: pace * (200 + random.below(1500)),
    faultGapMs: pace * (2000 + random.below(8000)),
    faultMs: pace * (1 + random.below(25)) * SECOND_MS,
    faults: chosen.length > 0 ? chosen : ALL_FAULTS,
    policy:
      (
        [
          { copies: 1, min: 1 },
          { copies: 2, min: 1 },
          { copies: 2, min: 2 },
        ] as const
      )[random.below(6)] ?? null,
    historyMs: random.below(3) === 0 ? (10 + random.below(30)) * SECOND_MS : null,
  };
}
