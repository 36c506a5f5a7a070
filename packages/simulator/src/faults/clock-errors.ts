import type { SeededRandom } from "@gstore/testing";
import type { ClockError } from "../time/node-clock.ts";

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;

/** How wrong a new machine's clock is: mostly by a second or two, sometimes by a day. It drifts by up to 100 ppm. */
export function clockErrorBy(random: SeededRandom): ClockError {
  const sign = random.below(2) === 0 ? 1 : -1;
  const offsetMs = sign * (random.below(6) === 0 ? DAY_MS : random.below(2 * SECOND_MS));
  return { offsetMs, rate: 1 + (random.below(201) - 100) / 1_000_000 };
}
