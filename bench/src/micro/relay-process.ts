// The relay, or a member behind it, in a process of its own.
import type { BulkChannel } from "@gstore/core";
import { sizeYoungMemory } from "../node/young-memory.ts";
import { FRAME_BYTES, idleHandlers, networkOfSeed } from "./two-processes.ts";

sizeYoungMemory();

const [role = "", relayAddress = ""] = process.argv.slice(2);
const payload = Buffer.alloc(FRAME_BYTES, 7);
const network = role === "relay" ? networkOfSeed(5, ["127.0.0.1:0"], { relay: "on" }) : networkOfSeed(6, []);

await network.start({ ...idleHandlers, bulk: (_from, channel) => serve(channel) });
if (role !== "relay") await network.connect(relayAddress);
while (network.addresses().length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
process.send?.(network.addresses()[0]);
process.on("disconnect", () => process.exit(0));

/** What the first frame asks for: to send so much and take the rest, taking a frame in so many milliseconds, or none at all. */
async function serve(channel: BulkChannel): Promise<void> {
  const asked = JSON.parse(Buffer.from((await channel.receive()) ?? []).toString());
  const { send, frameMs } = asked as { send: number; frameMs: number | null };
  const sending = (async () => {
    for (let sent = 0; sent < send; sent += payload.length) await channel.send(payload);
    if (send > 0) await channel.end();
  })();
  if (frameMs === null) return await new Promise(() => {});
  while ((await channel.receive()) !== null)
    if (frameMs > 0) await new Promise((resolve) => setTimeout(resolve, frameMs));
  await sending;
}
