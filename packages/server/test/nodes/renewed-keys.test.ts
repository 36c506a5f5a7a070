import { epochRecords, grantRecords } from "@gstore/crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf } from "../support/waiting.ts";

let network: TestNetwork;
let writer: TestNode;

beforeEach(async () => {
  network = new TestNetwork();
  writer = await network.node("writer", { role: "writer" });
});
afterEach(() => network.stop());

test("a writer that was not given the keys of the current epoch seals nothing in an older one", async () => {
  const { log } = network;
  await writer.node.store("before", "text");
  // By who had not heard of the writer, and has removed somebody else meanwhile.
  const request = { signer: log.root, timeMs: 0, random: network.random };
  const renewed = epochRecords({ ...request, state: log.state(log.base), space: log.space });
  await writer.parts.members.add(renewed.records);
  await expect(writer.node.store("key", "text")).rejects.toMatchObject({
    code: "KEY_MISSING",
    retryable: true,
  });
  expect(await codeOf(writer.node.remove("before"))).toBe("KEY_MISSING");
  expect((await readAll(writer.node, "before")).toString()).toBe("text");
  const { state } = writer.parts.members;
  const granting = { ...request, state, spaces: [renewed.space], members: [writer.id] };
  await writer.parts.members.add(grantRecords(granting));
  await writer.node.store("key", "text");
  expect((await readAll(writer.node, "key")).toString()).toBe("text");
});
