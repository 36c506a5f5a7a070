import { connect, createServer } from "node:net";
import type { PeerRecord } from "@gstore/gateway/client";
import { printable } from "../printable.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import type { Place } from "./place.ts";

const CONNECT_TIMEOUT_MS = 3000;
const FIREWALL = "Look for a firewall on this machine that keeps others out, and let TCP to that port in.";

/** Whether a node that is to be started could listen there. */
export async function checkPortFree({ host, port }: Place): Promise<Finding> {
  const check = "port";
  const code = await tryListening({ host, port });
  if (code === null) return ok(check, `${host}:${port} is free for the node`);
  if (code === "EADDRINUSE")
    return problem(
      check,
      `Another program listens on ${host}:${port}.`,
      `Stop it, or start the node on another port: gstore up --listen ${port === 4000 ? 4001 : port + 1}`,
    );
  if (code === "EACCES")
    return problem(
      check,
      `This user may not listen on port ${port}.`,
      "Take a port above 1023: gstore up --listen 4000",
    );
  return problem(
    check,
    `The node can't listen on ${host}:${port} (${code}).`,
    "Listen on an address that this machine has, or on all: gstore up --listen 4000",
  );
}

/** Whether a running node answers where others would dial it. */
export async function checkPortOpen(places: readonly Place[]): Promise<Finding> {
  const check = "port";
  const [first] = places;
  if (first === undefined) return ok(check, "the node listens nowhere: it only dials");
  const failed = await tryConnecting(first);
  const shown = `${first.host}:${first.port}`;
  if (failed === null) return ok(check, `the node answers on ${shown}`);
  return problem(check, `The node does not answer on ${shown} (${failed}).`, FIREWALL);
}

/** Whether anybody answers at addresses that a node would dial at its start. */
export async function checkBootstrap(
  places: readonly (Place & { readonly address: string })[],
): Promise<Finding> {
  const check = "other nodes";
  if (places.length === 0) return ok(check, "no address is given to connect to");
  const failures = await Promise.all(
    places.map(async (place) => {
      const failed = await tryConnecting(place);
      return failed === null ? [] : [`${place.address} (${failed})`];
    }),
  );
  const silent = failures.flat();
  if (silent.length === 0)
    return ok(check, `somebody answers at ${places.map(({ address }) => address).join(", ")}`);
  const message = `Nobody answers at ${printable(silent.join(", "))}.`;
  const advice =
    "See whether that node runs, and where: gstore id there. Take a wrong address away: gstore bootstrap rm ADDRESS";
  return silent.length === places.length ? problem(check, message, advice) : warning(check, message, advice);
}

/** Whether the proxy answers through which WebSockets are dialled; null is one whose address is none. */
export async function checkProxy(place: Place | null): Promise<Finding> {
  const check = "proxy";
  const advice = "Correct the setting proxy: http://HOST:PORT or http://USER:PASSWORD@HOST:PORT";
  if (place === null) return problem(check, "The proxy's address is none.", advice);
  const failed = await tryConnecting(place);
  const shown = printable(`${place.host}:${place.port}`);
  if (failed === null) return ok(check, `${shown} answers`);
  return problem(check, `The proxy ${shown} does not answer (${failed}).`, advice);
}

/** Whom a running node is connected to. */
export function checkMembers(peers: readonly PeerRecord[]): Finding {
  const check = "other nodes";
  if (peers.length === 0) return ok(check, "there is no other member yet");
  const away = peers.filter(({ connected }) => !connected).map(({ name }) => printable(name));
  if (away.length === 0) return ok(check, connectedAll(peers));
  const names = away.slice(0, 10).join(", ") + (away.length > 10 ? ", …" : "");
  if (away.length < peers.length)
    return warning(
      check,
      `Not connected: ${names}.`,
      "Nothing, if they are switched off. Otherwise run gstore doctor there.",
    );
  return problem(
    check,
    `No other member is connected: ${names}.`,
    "Run gstore doctor there. Where both run and can't find each other, give one an address of the other: gstore bootstrap add ADDRESS (gstore id shows it).",
  );
}

function connectedAll(peers: readonly PeerRecord[]): string {
  const [first] = peers;
  const ways = [
    [" through a relay", ({ relay }: PeerRecord) => relay !== null],
    [" by a hole punched in both routers", ({ punched }: PeerRecord) => punched === true],
  ] as const;
  if (peers.length === 1 && first !== undefined)
    return `${printable(first.name)} is connected${ways.find(([, is]) => is(first))?.[0] ?? ""}`;
  const counted = ways.map(([how, is]) => [peers.filter(is).length, how] as const);
  const told = counted.filter(([count]) => count > 0).map(([count, how]) => `, ${count} of them${how}`);
  return `all ${peers.length} are connected${told.join("")}`;
}

function tryListening({ host, port }: Place): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown"));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

function tryConnecting({ host, port }: Place): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const end = (result: string | null): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => end(null));
    socket.once("timeout", () => end("no answer"));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? "unknown"));
  });
}
