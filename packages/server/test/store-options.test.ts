import { expect, test } from "vitest";
import type { StoreOptions } from "../src/index.ts";
import { expectNothing, expectWorks, loneNode } from "./support/lone-node.ts";

const many = Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`name ${at}`, "x"]));

test.each<[string, StoreOptions]>([
  ["a content type of 256 bytes", { contentType: "x".repeat(256) }],
  ["a content type with half a character", { contentType: "\ud800" }],
  ["a mode beyond the permission bits", { mode: 0o10000 }],
  ["a time that is no whole number", { modifiedMs: 1.5 }],
  ["a time that no Date can hold", { modifiedMs: 9e15 }],
  ["65 pairs of metadata", { userMetadata: many }],
  ["a value of metadata of 1025 bytes", { userMetadata: { name: "x".repeat(1025) } }],
  ["a name of metadata with half a character", { userMetadata: { "\ud800": "x" } }],
  ["no copies", { copies: 0 }],
  ["a wait that there is not", { wait: "soon" as "all" }],
  ["a timeout below nothing", { waitTimeoutMs: -1 }],
  ["half a byte", { size: 0.5 }],
])("a put with %s is refused as an argument, before anything is stored", async (_what, options) => {
  const lone = await loneNode();
  await expect(lone.node.store("k", "x", options)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expectNothing(lone);
});

test("the largest description that is allowed is kept", async () => {
  const lone = await loneNode();
  const userMetadata = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`${at}`, "x".repeat(1024)]));
  const options = { contentType: "x".repeat(255), mode: 0o7777, modifiedMs: 8.64e15, userMetadata };
  await lone.node.store("k", "x", options);
  expect(await lone.node.stat("k")).toMatchObject(options);
  await expectWorks(lone);
});
