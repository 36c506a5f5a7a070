import type { PeerRecord } from "@gstore/gateway/client";
import { expect, test } from "vitest";
import { checkVersions, compareVersions } from "../src/doctor/check-versions.ts";

test("versions are ordered by number, and a pre-release comes before its release", () => {
  const sorted = ["nonsense", "0.9.0", "0.10.0", "1.0.0-rc.1", "1.0.0-rc.2", "1.0.0", "1.0.1", "10.0.0"];
  for (const [index, left] of sorted.entries()) {
    expect(compareVersions(left, left)).toBe(0);
    for (const right of sorted.slice(index + 1)) {
      expect(compareVersions(left, right), `${left} ${right}`).toBe(-1);
      expect(compareVersions(right, left), `${right} ${left}`).toBe(1);
    }
  }
  expect(compareVersions("1.0.0+build", "1.0.0")).toBe(0);
});

const peer = (name: string, fields: Partial<PeerRecord>): PeerRecord =>
  ({ name, connected: true, incompatible: null, version: "1.0.0", ...fields }) as PeerRecord;

test("each difference is one finding, with who and what to do", () => {
  const peers = [
    peer("anna", {}),
    peer("berta", { version: "0.9.0" }),
    peer("carla", { version: null }),
    peer("dora", { version: "1.1.0" }),
    peer("emma", { connected: false, version: null, incompatible: "newer" }),
    peer("fina", { connected: false, version: null, incompatible: "older" }),
    peer("greta", { connected: false, version: null }),
  ];
  const found = checkVersions(peers, "1.0.0");
  expect(found.map(({ state, message }) => `${state}: ${message}`)).toEqual([
    "problem: Can't connect, for they speak a newer protocol than this node: emma.",
    "problem: Can't connect, for they speak an older protocol than this node: fina.",
    "warning: Newer than this node, which runs gstore 1.0.0: dora (gstore 1.1.0).",
    "warning: Older than this node, which runs gstore 1.0.0: berta (gstore 0.9.0), carla (tells no version).",
  ]);
  expect(found.every(({ advice }) => advice?.includes("Update gstore"))).toBe(true);
  expect(checkVersions([peer("anna", {})], "1.0.0")).toMatchObject([{ state: "ok" }]);
  expect(checkVersions([], "1.0.0")).toEqual([]);
});
