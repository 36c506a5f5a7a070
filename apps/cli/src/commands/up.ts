import { GstoreError, isGstoreError, shellQuote } from "@gstore/gateway/client";
import type { GstoreNode } from "@gstore/server";
import type { Command, CommandContext } from "../command.ts";
import { consoleLogger } from "../console-logger.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { keepNodeMemorySmall } from "../node-memory.ts";
import { printable } from "../printable.ts";
import { nodeSettings } from "../settings.ts";

/** The node has 4 s to let running work end; then it has to be over. */
const STOP_MS = 4800;

interface UpArguments {
  readonly listen?: readonly string[];
  readonly bootstrap?: readonly string[];
  readonly init?: boolean;
  readonly verbose?: boolean;
  readonly "with-stdin"?: boolean;
}

export const upCommand: Command<UpArguments> = {
  options: {
    listen: {
      type: "string",
      array: true,
      requiresArg: true,
      description: "Where to listen: PORT, HOST:PORT or multiaddr (GSTORE_LISTEN; default 0.0.0.0:4000)",
    },
    bootstrap: {
      type: "string",
      array: true,
      requiresArg: true,
      description: "Address of another node to stay connected to (repeatable; GSTORE_BOOTSTRAP)",
    },
    init: {
      type: "boolean",
      description: "Make the node's folder first, with a new network, if it is not there",
    },
    verbose: { alias: "v", type: "boolean", description: "Tell more on standard error" },
    "with-stdin": {
      type: "boolean",
      description: "Stop when standard input ends, so as not to outlive a parent",
    },
  },
  examples: [
    ["up", "run the node of ~/.gstore on port 4000"],
    [
      "up --listen 127.0.0.1:5000 --bootstrap /ip4/192.168.1.7/tcp/4000",
      "on another port, connected to another node",
    ],
  ],
  details: 'Prints one line that begins with "ready". Ctrl-C stops in order, a second one at once.',
  run: up,
};

async function up(context: CommandContext, args: UpArguments): Promise<ExitCode> {
  const { dir, output, signal, interrupt } = context;
  interrupt.setGrace(STOP_MS);
  keepNodeMemorySmall();
  // All that a node makes is its user's own business.
  process.umask(0o077);
  const { listen, bootstrap } = await nodeSettings(context, args);
  const [{ createNode }, { createGateway }] = await Promise.all([
    import("@gstore/server"),
    import("@gstore/gateway"),
  ]);
  if (args.init) await initIfNew(context);
  const logger = consoleLogger({ json: output.json, isVerbose: args.verbose === true });
  const options = { dir, bootstrap, logger, ...(listen === undefined ? {} : { listen }) };
  const node = await createNode(options).catch((error: unknown) => {
    throw isGstoreError(error, "NOT_INITIALISED") ? notInitialised(dir) : error;
  });
  if (args["with-stdin"]) process.stdin.once("end", () => interrupt.end(EXIT.done)).resume();
  await node.start();
  const onFault = (fault: unknown): void =>
    logger.error({ error: describeFault(fault) }, "a request met a fault");
  const gateway = createGateway({ node, dir, onFault });
  try {
    await gateway.start();
    tellPeers(node, context);
    await tellReady(node, context);
    await aborted(signal);
  } finally {
    await Promise.all([gateway.stop(), node.stop()]);
  }
  return EXIT.done;
}

function notInitialised(dir: string): GstoreError {
  const gstore = `gstore --dir ${shellQuote(dir)}`;
  const message = `There is no node in ${dir}. Make one: ${gstore} init, or for a new network at once: ${gstore} up --init`;
  return new GstoreError("NOT_INITIALISED", message, { path: dir });
}

async function initIfNew({ dir, output }: CommandContext): Promise<void> {
  const { initNode } = await import("@gstore/server");
  try {
    const { name, networkFile } = await initNode({ dir });
    output.note(`made the node ${name} in ${dir}; its network's key is ${networkFile}`);
  } catch (error) {
    if (!isGstoreError(error, "ALREADY_INITIALISED")) throw error;
  }
}

async function tellReady(node: GstoreNode, { dir, output }: CommandContext): Promise<void> {
  const { network } = await node.status();
  const addresses = node.addresses();
  const { id, name } = node;
  await output.result({ event: "ready", id, name, network, addresses, dir }, () =>
    ["ready", id, name, ...addresses].join(" "),
  );
}

function tellPeers(node: GstoreNode, { output }: CommandContext): void {
  node.on("peer", ({ peer, name, connected }) => {
    output.note(`${connected ? "connected to" : "lost"} ${printable(name)} (${peer})`);
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function describeFault(fault: unknown): string {
  return fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
}
