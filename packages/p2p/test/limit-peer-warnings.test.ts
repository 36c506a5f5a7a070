import { ManualClock } from "@gstore/testing";
import { expect, test } from "vitest";
import { limitPeerWarnings } from "../src/limit-peer-warnings.ts";
import { PEER_WARNINGS_MAX, PEER_WARNINGS_PERIOD_MS } from "../src/limits.ts";

test("one peer's warnings are limited in a period, what is left out is counted, and nobody else's is", () => {
  const clock = new ManualClock();
  const lines: string[] = [];
  const note = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger = limitPeerWarnings({ debug: note, info: note, warn: note }, clock);
  for (let round = 0; round < PEER_WARNINGS_MAX + 1000; round++) logger.warn({ peer: "a" }, "refused");
  logger.warn({ peer: "b" }, "refused");
  logger.warn({}, "of the node itself");
  logger.info({ peer: "a" }, "told");
  expect(lines).toHaveLength(PEER_WARNINGS_MAX + 3);
  lines.length = 0;
  clock.advance(PEER_WARNINGS_PERIOD_MS);
  expect(lines).toEqual(['more warnings about a peer were left out {"peer":"a","leftOut":1000}']);
  logger.warn({ peer: "a" }, "refused");
  expect(lines).toHaveLength(2);
});
