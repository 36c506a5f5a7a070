import { expect, test } from "vitest";
import { LABELS } from "../src/labels.ts";

const labels = Object.values(LABELS).map((label) => Buffer.from(label).toString());
/** Tags of core's formats: what Ed25519 signs begins with one. */
const signed = ["gstore entry batch v1\0", "gstore membership v1\0"];

test("no label or tag begins another, so that no input of one is an input of another", () => {
  const all = [...labels, ...signed];
  for (const left of all) {
    for (const right of all) if (left !== right) expect(right.startsWith(left)).toBe(false);
  }
  expect(new Set(all).size).toBe(all.length);
});

test("every label ends with its only NUL", () => {
  for (const label of labels) expect(label.indexOf("\0")).toBe(label.length - 1);
});
