import { shellQuote } from "@gstore/gateway/client";
import type { GstoreNode, PassphraseSource } from "@gstore/server";
import type { Options } from "yargs";
import { ATTRIBUTE_OPTIONS } from "./attribute-options.ts";
import type { CommandContext } from "./command.ts";
import { consoleLogger } from "./console-logger.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { HTTP_OPTIONS, type HttpArguments, httpOptions } from "./http-settings.ts";
import { giveBackIdleMemory } from "./idle-memory.ts";
import { sizeNodeMemory } from "./node-memory.ts";
import { printable } from "./printable.ts";
import { nodeSettings } from "./settings.ts";
import { garbageCollector } from "./v8-heap.ts";
import { pageFolder } from "./web-page.ts";

/** The node has 4 s to let running work end; then it has to be over. */
const STOP_MS = 4800;
/** Who waits longer (ms) for the first sync is told what for. */
const SYNC_NOTE_MS = 15_000;

/** Of every command that runs a node. */
export const RUN_OPTIONS: Readonly<Record<string, Options>> = {
  listen: {
    type: "string",
    array: true,
    requiresArg: true,
    description: "Where to listen: PORT, HOST:PORT or multiaddr (GSTORE_LISTEN; default 0.0.0.0:4000)",
  },
  "listen-ws": {
    type: "string",
    array: true,
    requiresArg: true,
    description:
      "Where to listen for WebSockets besides, for members that get out by HTTP alone: PORT or HOST:PORT (GSTORE_LISTEN_WS)",
  },
  proxy: {
    type: "string",
    requiresArg: true,
    description:
      "HTTP proxy through which wss and ws addresses are dialled: http://[USER:PASSWORD@]HOST:PORT (GSTORE_PROXY)",
  },
  bootstrap: {
    type: "string",
    array: true,
    requiresArg: true,
    description: "Address of another node to stay connected to (repeatable; GSTORE_BOOTSTRAP)",
  },
  announce: {
    type: "string",
    array: true,
    requiresArg: true,
    description:
      "Where others are told to dial the node, such as a router's forwarded address; none for nowhere (GSTORE_ANNOUNCE; default: where it listens)",
  },
  mdns: {
    type: "boolean",
    description: "Find nodes on the local network; --no-mdns for not (GSTORE_MDNS; default: yes)",
  },
  upnp: {
    type: "boolean",
    description:
      "Have the router forward a port where others can't dial this node; --no-upnp for not (GSTORE_UPNP; default: yes)",
  },
  dht: {
    type: "boolean",
    description:
      "Look for members and files among all members where lists do not help; --no-dht for not (GSTORE_DHT; default: yes)",
  },
  relay: {
    type: "string",
    choices: ["on", "off", "auto"],
    requiresArg: true,
    description:
      "Relay for members that can't reach each other; auto: while others can dial this node (GSTORE_RELAY; default: auto)",
  },
  ...ATTRIBUTE_OPTIONS,
  ...HTTP_OPTIONS,
  verbose: { alias: "v", type: "boolean", description: "Tell more on standard error" },
  "with-stdin": {
    type: "boolean",
    description: "Stop when standard input ends, so as not to outlive a parent",
  },
};

export interface RunArguments extends HttpArguments {
  readonly listen?: readonly string[];
  readonly "listen-ws"?: readonly string[];
  readonly proxy?: string;
  readonly bootstrap?: readonly string[];
  readonly capacity?: string;
  readonly zone?: string;
  readonly mdns?: boolean;
  readonly upnp?: boolean;
  readonly dht?: boolean;
  readonly relay?: string;
  readonly announce?: readonly string[];
  readonly verbose?: boolean;
  readonly "with-stdin"?: boolean;
}

export interface RunNodeOptions {
  readonly passphrase: PassphraseSource | undefined;
  /** Where the node has just joined: by which node, which then is also one to stay connected to. */
  readonly joined?: {
    readonly inviter: string;
    readonly name: string;
    readonly addresses: readonly string[];
  };
}

/** Runs the node of the context's folder until a signal comes. */
export async function runNode(
  context: CommandContext,
  args: RunArguments,
  options: RunNodeOptions,
): Promise<ExitCode> {
  try {
    return await run(context, args, options);
  } catch (error) {
    const { dir, output, signal } = context;
    // Who sees the command fail would join again, which can't be done.
    if (options.joined !== undefined && !signal.aborted) {
      output.note(`The node has joined, but does not run. Start it with: gstore --dir ${shellQuote(dir)} up`);
    }
    throw error;
  }
}

async function run(
  context: CommandContext,
  args: RunArguments,
  { passphrase, joined }: RunNodeOptions,
): Promise<ExitCode> {
  const { dir, output, signal, interrupt } = context;
  interrupt.setGrace(STOP_MS);
  const collect = garbageCollector();
  const endSizing = sizeNodeMemory(collect);
  // All that a node makes is its user's own business.
  process.umask(0o077);
  const settings = await nodeSettings(context, args);
  const { listen, bootstrap: known, scrub, repair, limits, capacityBytes, zone, announce } = settings;
  const { mdns, upnp, dht, relay, proxy } = settings;
  const http = await httpOptions(settings.http);
  const [{ createNode }, { createGateway }] = await Promise.all([
    import("@gstore/server"),
    import("@gstore/gateway"),
  ]);
  const logger = consoleLogger({ json: output.json, isVerbose: args.verbose === true });
  const bootstrap = [...new Set([...known, ...(joined?.addresses ?? [])])];
  const node = await createNode({
    ...{ dir, bootstrap, logger, scrub, repair, limits, mdns, upnp, dht, relay },
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(listen === undefined ? {} : { listen }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(announce === undefined ? {} : { announce }),
    ...(capacityBytes === undefined ? {} : { capacityBytes }),
    ...(zone === undefined ? {} : { zone }),
  });
  signal.throwIfAborted();
  if (args["with-stdin"]) process.stdin.once("end", () => interrupt.end(EXIT.done)).resume();
  const synced = joined === undefined ? null : syncedWith(node, joined.inviter);
  await node.start();
  const onFault = (fault: unknown): void =>
    logger.error({ error: describeFault(fault) }, "a request met a fault");
  const gateway = createGateway({
    node,
    dir,
    onFault,
    page: pageFolder(),
    ...(http === null ? {} : { http }),
  });
  const endGivingBack = giveBackIdleMemory(collect);
  try {
    await gateway.start();
    tellPeers(node, context);
    await tellReady(node, gateway.url, context);
    if (joined !== undefined && synced !== null) await tellSynced(node, context, { ...joined, synced });
    await aborted(signal);
  } finally {
    endSizing();
    endGivingBack();
    await Promise.all([gateway.stop(), node.stop()]);
  }
  return EXIT.done;
}

async function tellReady(
  node: GstoreNode,
  http: string | null,
  { dir, output }: CommandContext,
): Promise<void> {
  const { network } = await node.status();
  const addresses = node.addresses();
  const { id, name } = node;
  await output.result({ event: "ready", id, name, network, addresses, http, dir }, () =>
    ["ready", id, name, ...addresses, ...(http === null ? [] : [http])].join(" "),
  );
}

function tellPeers(node: GstoreNode, { output }: CommandContext): void {
  node.on("peer", ({ peer, name, connected }) => {
    output.note(`${connected ? "connected to" : "lost"} ${printable(name)} (${peer})`);
  });
}

/** Resolves once all that the peer knew has come; it may be long before, so that it is to be called before the start. */
function syncedWith(node: GstoreNode, peer: string): Promise<string> {
  return new Promise((resolve) => {
    const end = node.on("synced", (other) => {
      if (other.peer !== peer) return;
      end();
      resolve(other.name);
    });
  });
}

/** The first time together with the network, which is what joining is for. */
async function tellSynced(
  node: GstoreNode,
  { output, signal, dir }: CommandContext,
  { inviter, addresses, synced }: { inviter: string; addresses: readonly string[]; synced: Promise<string> },
): Promise<void> {
  const note = setTimeout(() => {
    const status = `gstore --dir ${shellQuote(dir)} peers`;
    output.note(
      `Not in sync yet: no answer from the node that invited, at ${addresses.join(" ")}. See: ${status}`,
    );
  }, SYNC_NOTE_MS);
  const name = await Promise.race([synced, aborted(signal)]);
  clearTimeout(note);
  if (name === undefined) return;
  const { keys, entries, role } = await node.status();
  await output.result({ event: "synced", peer: inviter, name, keys, entries }, () => {
    const seen = role === "vault" ? counted(entries, "version") : counted(keys, "key");
    return `in sync with ${printable(name)}: ${seen}`;
  });
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
}

function describeFault(fault: unknown): string {
  return fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
}
