import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { BulkChannel, PeerId, PeerNetwork } from "@gstore/core";
import type { BenchContext } from "../benchmark.ts";
import { ProcessMeter } from "../node/process-meter.ts";
import { FRAME_BYTES, idleHandlers, networkOfSeed } from "./two-processes.ts";

const TOTAL_BYTES = 2 ** 30;
/** Where the other side takes little or nothing: transfers at once, and for how long. */
const CHANNELS = 4;
const SLOW_MS = 20_000;
const payload = Buffer.alloc(FRAME_BYTES, 7);

/** What a relay takes of memory while two members exchange a gibibyte through it, and while one of them takes little or nothing. */
export async function run({ report }: BenchContext): Promise<void> {
  for (const load of ["exchange", "slow", "silent"] as const) {
    const [relay, relayAddress] = await spawn("relay");
    const [hidden, address] = await spawn("hidden", relayAddress);
    const network = networkOfSeed(7, []);
    await network.start(idleHandlers);
    await network.connect(relayAddress);
    const peer = await network.connect(address);
    const meter = new ProcessMeter(new Map([["relay", relay.pid as number]]));
    const begun = performance.now();
    const carried = load === "exchange" ? await exchange(network, peer) : await stall(network, peer, load);
    const seconds = (performance.now() - begun) / 1000;
    const value = carried / 2 ** 20 / seconds;
    const processes = meter.end();
    report.figure({ name: `relay, ${NAMES[load]}`, value, unit: "MiB/s", processes });
    await network.stop();
    for (const child of [hidden, relay]) child.disconnect();
  }
}

const NAMES = {
  exchange: "a gibibyte in all, half each way",
  slow: "4 transfers, each of which takes a frame a second",
  silent: "4 transfers of which nothing is taken",
};

async function exchange(network: PeerNetwork, peer: PeerId): Promise<number> {
  const channel = await open(network, peer, { send: TOTAL_BYTES / 2, frameMs: 0 });
  const sending = (async () => {
    for (let sent = 0; sent < TOTAL_BYTES / 2; sent += payload.length) await channel.send(payload);
    await channel.end();
  })();
  while ((await channel.receive()) !== null);
  await sending;
  return TOTAL_BYTES;
}

async function stall(network: PeerNetwork, peer: PeerId, load: "slow" | "silent"): Promise<number> {
  const asked = { send: 0, frameMs: load === "slow" ? 1000 : null };
  const channels = await Promise.all(Array.from({ length: CHANNELS }, () => open(network, peer, asked)));
  let sent = 0;
  const send = async (channel: BulkChannel): Promise<void> => {
    for (;;) {
      await channel.send(payload);
      sent += payload.length;
    }
  };
  for (const channel of channels) send(channel).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
  return sent;
}

async function open(
  network: PeerNetwork,
  peer: PeerId,
  asked: { readonly send: number; readonly frameMs: number | null },
): Promise<BulkChannel> {
  const channel = await network.openBulk(peer);
  await channel.send(Buffer.from(JSON.stringify(asked)));
  return channel;
}

async function spawn(...args: string[]): Promise<[ChildProcess, string]> {
  const url = new URL("./relay-process.ts", import.meta.url);
  const child = fork(url, args, { execArgv: process.execArgv });
  process.once("exit", () => child.kill("SIGKILL"));
  const [address] = (await once(child, "message")) as [string];
  return [child, address];
}
