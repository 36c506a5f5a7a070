import { ManualClock } from "@gstore/testing";
import { expect, test } from "vitest";
import { RoomWatch } from "../src/replication/room-watch.ts";

test("room is shared by what is fetched at once, and said to be there again once it is", () => {
  const clock = new ManualClock();
  let free = 100;
  let said = 0;
  const watch = new RoomWatch({ room: { has: (bytes) => bytes <= free }, clock }, () => {
    said++;
  });
  const release = watch.take(60);
  expect(release).not.toBeNull();
  expect(watch.take(60)).toBeNull();
  release?.();
  free = 50;
  clock.advance(5000);
  expect(said).toBe(0);
  free = 60;
  clock.advance(5000);
  expect(said).toBe(1);
  // Nothing lacks room any more: nobody looks.
  clock.advance(600_000);
  expect(said).toBe(1);
});
