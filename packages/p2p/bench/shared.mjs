import { fork } from "node:child_process";
import { once } from "node:events";
import { createNetworkSecrets, issueCertificate, NodeIdentity } from "@gstore/crypto";

/** What one frame carries: the average chunk. */
export const CHUNK_BYTES = 256 * 1024;

/** Of a node that only asks. */
export const idleHandlers = {
  request: async () => new Uint8Array(0),
  bulk: async () => {},
  admit() {},
  connected() {},
  disconnected() {},
};

/** A node of a network that both processes know, from a seed. */
export function nodeOptions(seed) {
  const secrets = createNetworkSecrets({ bytes: (length) => Buffer.alloc(length, 1), below: () => 0 });
  const identity = new NodeIdentity({ signingSeed: seed, agreementScalar: seed });
  const certificate = [
    issueCertificate({
      secrets,
      identity,
      role: "writer",
      name: "bench",
      spaces: null,
      parents: [],
      timeMs: 0,
    }),
  ];
  const { networkId } = secrets;
  return { identity, options: { identity, networkId, certificate, listen: ["127.0.0.1:0"], bootstrap: [] } };
}

/** The options of bare node:tls that are the same as ours. */
export function credentialsOf(credentials) {
  return {
    ...credentials,
    minVersion: "TLSv1.3",
    ciphers: "TLS_AES_128_GCM_SHA256",
    rejectUnauthorized: false,
  };
}

/** The other process, ready: where its node and its bare TLS server listen. */
export async function startPeerProcess() {
  const child = fork(new URL("./peer-process.mjs", import.meta.url), {
    execArgv: ["--conditions=@gstore/source", "--no-warnings"],
  });
  const [{ node, port }] = await once(child, "message");
  return { child, node, port };
}

/** Runs something a few times; of the fastest: units per second, CPU seconds of this process and its resident size. */
export async function best(times, units, run) {
  const results = [];
  for (let i = 0; i < times; i++) {
    const started = performance.now();
    const before = process.cpuUsage();
    await run();
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(before);
    results.push({
      rate: units / seconds,
      cpuSeconds: (user + system) / 1e6,
      rss: process.memoryUsage().rss,
    });
  }
  return results.sort((a, b) => b.rate - a.rate)[0];
}

export function report(name, unit, { rate, cpuSeconds, rss }) {
  const figures = `${rate.toFixed(0).padStart(7)} ${unit}  ${cpuSeconds.toFixed(2)} CPU s here`;
  process.stdout.write(`${name.padEnd(32)} ${figures}  RSS ${(rss / 1e6).toFixed(0)} MB\n`);
}
