import { setTimeout as delay } from "node:timers/promises";
import { systemRandom } from "@gstore/core";
import { multiaddr } from "@multiformats/multiaddr";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import {
  UPNP_ANSWER_BYTES_MAX,
  UPNP_DELAY_MS,
  UPNP_LEASE_SECONDS,
  UPNP_LOOK_MS,
  UPNP_REQUEST_TIMEOUT_MS,
  UPNP_RETRY_MS,
  UPNP_SEARCH_MS,
} from "../src/limits.ts";
import { localPlaces } from "../src/listen-addresses.ts";
import { silentLogger } from "../src/logger.ts";
import { type LocalPlace, PortForwarder } from "../src/upnp/port-forwarder.ts";
import { type FakeRouter, type FakeRouterOptions, startFakeRouter } from "./fake-router.ts";
import { ManualClock } from "./manual-clock.ts";

const PLACE = { host: "127.0.0.1", port: 4000 };
/** By it nothing that is asked of a router takes too long, unless a test wants it to: a loaded machine is slow. */
class PatientClock extends ManualClock {
  isPatient = true;

  override after(delayMs: number, callback: () => void): () => void {
    const isAsked = delayMs === UPNP_REQUEST_TIMEOUT_MS || delayMs === UPNP_SEARCH_MS;
    return isAsked && this.isPatient ? () => {} : super.after(delayMs, callback);
  }
}

let clock: PatientClock;
let places: LocalPlace[];
let isNeeded: boolean;
let changes: number;
let failures: string[];
beforeEach(() => {
  clock = new PatientClock();
  places = [PLACE];
  isNeeded = true;
  changes = 0;
  failures = [];
});

async function start(options: FakeRouterOptions = {}): Promise<[FakeRouter, PortForwarder]> {
  const router = await startFakeRouter(options);
  const debug = (fields: object): void => void failures.push(JSON.stringify(fields));
  const forwarder = new PortForwarder({
    ...{ clock, random: systemRandom, logger: { ...silentLogger, debug }, searchAt: router.at },
    places: () => places,
    isNeeded: () => isNeeded,
    changed: () => changes++,
  });
  onTestFinished(() => forwarder.stop());
  clock.advance(UPNP_DELAY_MS);
  return [router, forwarder];
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await delay(4);
};

test("a router forwards the node's port for a time, renewed, and no longer once the node stops", async () => {
  const [router, forwarder] = await start();
  await until(() => forwarder.port !== null);
  expect(forwarder.port).toBe(4000);
  expect(changes).toBe(1);
  expect([...router.forwarded]).toEqual([[4000, `127.0.0.1:4000 for ${UPNP_LEASE_SECONDS} s`]]);
  router.forwarded.clear();
  clock.advance((UPNP_LEASE_SECONDS / 2) * 1000 + UPNP_LOOK_MS);
  await until(() => router.forwarded.has(4000));
  await forwarder.stop();
  expect(router.forwarded.size).toBe(0);
  expect(router.heard.at(-1)).toBe("DeletePortMapping 4000");
  expect(clock.pending).toBe(0);
});

test("nothing is asked while others can dial the node, nor where it listens on no local network", async () => {
  isNeeded = false;
  const [router] = await start();
  clock.advance(10 * UPNP_RETRY_MS);
  isNeeded = true;
  places = [];
  clock.advance(10 * UPNP_RETRY_MS);
  await delay(50);
  expect(router.heard).toEqual([]);
});

test("another port is taken where the node's own is somebody else's", async () => {
  const [router, forwarder] = await start({ refuses: (port) => (port === 4000 ? 718 : null) });
  await until(() => forwarder.port !== null);
  expect(forwarder.port).toBeGreaterThanOrEqual(49_152);
  expect(router.forwarded.get(forwarder.port as number)).toContain("127.0.0.1:4000");
});

test("a router that forwards for good alone does so, until it is told else", async () => {
  const [router, forwarder] = await start({ refuses: (_port, lease) => (lease > 0 ? 725 : null) });
  await until(() => forwarder.port !== null);
  expect(router.forwarded.get(4000)).toBe("127.0.0.1:4000 for 0 s");
  await forwarder.stop();
  expect(router.forwarded.size).toBe(0);
});

test("a port that the router no longer forwards is given up, and so is one of an address that is gone", async () => {
  let isBroken = false;
  const [, forwarder] = await start({ refuses: () => (isBroken ? 501 : null) });
  await until(() => forwarder.port !== null);
  isBroken = true;
  clock.advance((UPNP_LEASE_SECONDS / 2) * 1000 + UPNP_LOOK_MS);
  await until(() => forwarder.port === null);
  expect(changes).toBe(2);
  isBroken = false;
  clock.advance(UPNP_RETRY_MS + UPNP_LOOK_MS);
  await until(() => forwarder.port !== null);
  places = [];
  clock.advance(UPNP_LOOK_MS);
  await until(() => forwarder.port === null);
});

test.each<[string, (victim: string) => FakeRouterOptions, string]>([
  ["names another host to describe it", (victim) => ({ location: () => victim }), ""],
  ["has another host control it", (victim) => ({ controlUrl: () => victim }), "forwards no ports"],
  [
    "sends on to another host",
    (victim) => ({ describe: (response) => response.writeHead(302, { location: victim }).end() }),
    "forwards no ports",
  ],
  [
    "describes itself without end",
    () => ({
      describe: (response) => {
        const more = (): void => {
          while (response.write("x".repeat(UPNP_ANSWER_BYTES_MAX)));
        };
        response.on("drain", more).on("error", () => {});
        more();
      },
    }),
    "too much",
  ],
  ["never answers", () => ({ describe: () => {} }), "in time"],
  [
    "says what is no description",
    () => ({ describe: (response) => response.end("<service>".repeat(7000)) }),
    "forwards no ports",
  ],
])("a router that %s gets nobody to follow it, nor to wait", async (_what, optionsOf, reason) => {
  const victim = await startFakeRouter();
  // Another host than the one that answers, on the same machine.
  const options = optionsOf(victim.url.replace("127.0.0.1", "localhost"));
  clock.isPatient = reason !== "" && reason !== "in time";
  const [router] = await start(options);
  await until(() => router.heard.length > 0);
  while (!failures.some((one) => one.includes(reason || "nobody"))) {
    await delay(20);
    if (clock.isPatient) continue;
    clock.advance(UPNP_SEARCH_MS / 10);
    if (reason === "" && clock.monotonic() > 4 * UPNP_REQUEST_TIMEOUT_MS) break;
  }
  expect(victim.heard).toEqual([]);
  expect(router.forwarded.size).toBe(0);
});

test("local networks are those of private addresses of IPv4", () => {
  const self = "12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq" as Parameters<typeof localPlaces>[1];
  const bound = [
    "10.0.0.2",
    "172.31.0.2",
    "192.168.1.2",
    "100.64.0.2",
    "127.0.0.1",
    "203.0.113.2",
    "172.32.0.2",
  ];
  const found = localPlaces(
    bound.map((host) => multiaddr(`/ip4/${host}/tcp/4000`)),
    self,
  );
  expect(found.map(({ host }) => host).sort()).toEqual([
    "10.0.0.2",
    "100.64.0.2",
    "172.31.0.2",
    "192.168.1.2",
  ]);
});
