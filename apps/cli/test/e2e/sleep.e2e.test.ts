import { expect, test } from "vitest";
import { feed, startGstore } from "./support/gstore.ts";
import { Lab } from "./support/lab.ts";
import { MeteredWay } from "./support/metered-way.ts";
import { digestOf, pseudoBytes } from "./support/pseudo-bytes.ts";
import { waitFor } from "./support/wait-for.ts";

const MIB = 2 ** 20;
const BYTES = 64 * MIB;
/** What may be on its way, acknowledged by nobody, when one side falls asleep, and what stands around the file's bytes. */
const IN_FLIGHT_BYTES = 16 * MIB;
const AROUND_BYTES = MIB;

const lab = Lab.forThisFile();
const [anna, berta] = await lab.init("anna", "berta");
if (anna === undefined || berta === undefined) throw new Error("there are two nodes");
// All their connections are dialled by anna, on the way that counts.
for (const node of [anna, berta]) await node.up({ env: { GSTORE_ANNOUNCE: "none" } });
const way = await MeteredWay.to(berta.port);
lab.cleanUp(async () => way.close());
await anna.client.connect(`/ip4/127.0.0.1/tcp/${way.port}/p2p/${berta.id}`);
await anna.done(["limit", "up", "16MB/s"]);

for (const sleeper of [berta, anna]) {
  const other = sleeper === anna ? berta : anna;
  const who = sleeper === anna ? "sender" : "receiver";

  test(`a ${who} that sleeps until its link is given up goes on where it was: what came before is not sent again`, async () => {
    const content = pseudoBytes(who, BYTES);
    const before = { blobBytes: (await berta.status()).blobBytes, wire: way.bytes };
    const stored = async () => (await berta.status()).blobBytes - before.blobBytes;
    const put = startGstore(["put", "--dir", anna.dir, "-", who, "--wait", "all", "--json"]);
    const feeding = feed(put, content);
    await waitFor("half of it is on the receiver", async () => (await stored()) > BYTES / 2);
    sleeper.signal("SIGSTOP");
    try {
      await waitFor("the other side has given the link up", async () =>
        (await other.client.peers()).every(({ connected }) => !connected),
      );
    } finally {
      sleeper.signal("SIGCONT");
    }
    const { code } = await put.ended;
    await feeding;
    expect({ code, stderr: put.stderr }).toMatchObject({ code: 0 });
    await waitFor("the receiver has all of it", async () => (await stored()) >= BYTES);
    expect(await digestOf((await berta.client.get(who)).body)).toEqual(await digestOf([content]));
    expect(way.bytes - before.wire).toBeLessThan(BYTES + IN_FLIGHT_BYTES + AROUND_BYTES);
  });
}
