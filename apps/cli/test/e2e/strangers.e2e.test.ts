import { connect } from "node:net";
import { expect, test } from "vitest";
import { Lab } from "./support/lab.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";
import { type Heard, talk, talkTls } from "./support/raw-client.ts";
import { STRANGERS } from "./support/stranger-certificates.ts";
import type { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

/** Strangers are closed after 10 s; a busy machine gets some more. */
const CLOSED_MS_MAX = 16_000;
/** A TLS alert or a refusal's number fits; anything that tells something does not. */
const TOLD_BYTES_MAX = 64;
const GARBAGE = pseudoBytes("garbage", 64 * 1024);
const HTTP = Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

const lab = Lab.forThisFile();
const [anna, berta, carol] = (await lab.init("anna", "berta", "carol")) as [TestNode, TestNode, TestNode];
await lab.start([anna, berta]);

test("64 KiB of garbage, an HTTP request, half a TLS record and silence are closed within 10 s and told nothing", async () => {
  const openings = [
    GARBAGE,
    GARBAGE.subarray(0, 1),
    Buffer.concat([Buffer.from([0x16, 0x03, 0x01]), GARBAGE]),
    Buffer.from([0x16, 0x03, 0x01, 0x02]),
    HTTP,
    Buffer.alloc(0),
  ];
  expectRefused(await Promise.all(openings.map((bytes) => talk(anna.port, bytes))));
  await expectServing("after garbage");
});

test("TLS clients with a foreign certificate, one of another kind, or none are closed within 10 s and told nothing", async () => {
  const openings = ["gstore/1", "gstore-bulk/1", "h2"].flatMap((alpn) =>
    [STRANGERS.ed25519, STRANGERS.p256, {}].map((credentials) => ({ ...credentials, ALPNProtocols: [alpn] })),
  );
  expectRefused(await Promise.all(openings.map((options) => talkTls(anna.port, GARBAGE, options))));
  expectRefused(
    await Promise.all(openings.slice(0, 6).map((options) => talkTls(anna.port, Buffer.alloc(0), options))),
  );
  await expectServing("after foreign certificates");
});

test("TLS 1.2 is refused", async () => {
  const options = { ...STRANGERS.ed25519, ALPNProtocols: ["gstore/1"], maxVersion: "TLSv1.2" as const };
  expectRefused([await talkTls(anna.port, HTTP, options)]);
});

test("a flood of 200 connections that say nothing leaves the node serving, and open to members afterwards", async () => {
  const silent = Array.from({ length: 200 }, () => connect({ host: "127.0.0.1", port: anna.port }));
  const closed = silent.map((socket) => {
    socket.on("error", () => {});
    return new Promise((resolve) => socket.once("close", resolve));
  });
  await expectServing("during a flood");
  await Promise.all(closed);
  await berta.stop();
  await lab.start([anna, berta]);
  await expectServing("after a flood");
});

test("a node of another network gets nowhere, and is told why", async () => {
  const [other] = (await lab.init("other")) as [TestNode];
  await other.up({ bootstrap: [anna.address, berta.address] });
  const { code, stderr } = await other.run(["connect", anna.address]);
  expect(code).toBe(5);
  expect(stderr).toContain("another network");
  expect((await other.client.peers()).length).toBe(0);
  expect((await anna.client.peers()).map(({ name }) => name)).toEqual(["berta"]);
  await expectServing("after a stranger's node");
  expect(await other.keys()).toEqual([]);
});

test("a new member is let in after all of this", async () => {
  await lab.start([anna, berta, carol]);
  expect((await carol.read("after garbage")).toString()).toBe("after garbage");
});

function expectRefused(answers: readonly Heard[]): void {
  for (const { bytes, ms } of answers) {
    expect(ms).toBeLessThan(CLOSED_MS_MAX);
    expect(bytes.length, bytes.toString("latin1")).toBeLessThanOrEqual(TOLD_BYTES_MAX);
  }
}

async function expectServing(key: string): Promise<void> {
  expect(anna.isUp && berta.isUp).toBe(true);
  const stored = await anna.client.put(key, Buffer.from(key), { wait: "all" });
  expect(stored.copies).toBe(2);
  await waitFor("berta shows it", async () => (await berta.keys()).includes(key));
  expect((await berta.read(key)).toString()).toBe(key);
}
