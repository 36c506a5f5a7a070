import { readFile } from "node:fs/promises";
import { GatewayClient, type StatusAnswer, type StoreAnswer } from "@gstore/gateway/client";
import type { Child, Ended } from "./child-process.ts";
import { type GstoreOptions, gstore, gstoreDone, type Outcome, startGstore } from "./gstore.ts";
import { waitFor } from "./wait-for.ts";

export interface UpOptions extends Pick<GstoreOptions, "env" | "umask" | "netns" | "entry"> {
  readonly verbose?: boolean;
  readonly listen?: string;
  /** Where it listens for WebSockets besides. */
  readonly listenWs?: string;
  /** Where it serves the HTTP API; nowhere by default. */
  readonly http?: string;
  /** Addresses of the nodes to connect to. */
  readonly bootstrap?: readonly string[];
}

/** One node: its folder, and the process that runs it. */
export class TestNode {
  readonly dir: string;
  readonly name: string;
  #child: Child | null = null;
  #client: GatewayClient | null = null;
  #earlierStderr = "";
  #addresses: readonly string[] = [];

  private constructor(dir: string, name: string) {
    this.dir = dir;
    this.name = name;
  }

  /** Makes the node's folder. `from` is a node of the network to join. */
  static async init(
    dir: string,
    name: string,
    { from, umask }: { readonly from?: TestNode | undefined; readonly umask?: string } = {},
  ): Promise<TestNode> {
    const join = from === undefined ? [] : ["--from", `${from.dir}/network.json`];
    await gstoreDone(["init", "--dir", dir, "--name", name, ...join], umask === undefined ? {} : { umask });
    return new TestNode(dir, name);
  }

  /** Makes the node's folder by a ticket, given on standard input. */
  static async join(
    dir: string,
    name: string,
    ticket: string,
    options: GstoreOptions = {},
  ): Promise<TestNode> {
    await gstoreDone(["join", "-", "--no-up", "--dir", dir, "--name", name], {
      ...options,
      input: Buffer.from(`${ticket}\n`),
    });
    return new TestNode(dir, name);
  }

  /** The node of a folder that a command made, or shall make. */
  static at(dir: string, name: string): TestNode {
    return new TestNode(dir, name);
  }

  /** Starts the process. Resolves when it says that it is ready. */
  async up({
    listen = "127.0.0.1:0",
    bootstrap = [],
    verbose = false,
    listenWs,
    http = "off",
    ...options
  }: UpOptions = {}): Promise<void> {
    const peers = bootstrap.flatMap((address) => ["--bootstrap", address]);
    // --with-stdin: it ends when this process does, whatever becomes of it.
    const args = [
      "up",
      "--dir",
      this.dir,
      "--listen",
      listen,
      ...peers,
      "--json",
      "--with-stdin",
      "--http",
      http,
    ];
    if (listenWs !== undefined) args.push("--listen-ws", listenWs);
    if (verbose) args.push("--verbose");
    const child = startGstore(args, options);
    this.#earlierStderr = this.stderr;
    this.#child = child;
    const ready = await waitFor(
      `${this.name} is ready`,
      () => {
        if (child.hasEnded) return { failed: child.stderr };
        const line = child.stdout.split("\n").find((text) => text.includes('"event":"ready"'));
        return line === undefined ? undefined : { addresses: JSON.parse(line).addresses as string[] };
      },
      { deadlineMs: 60_000 },
    );
    if ("failed" in ready) throw new Error(`${this.name} did not start: ${ready.failed}`);
    this.#addresses = ready.addresses;
    this.#client = new GatewayClient({ dir: this.dir });
  }

  get isUp(): boolean {
    return this.#child !== null && !this.#child.hasEnded;
  }

  get pid(): number {
    return this.#running().pid;
  }

  /** Where others reach it: a full multiaddr. */
  get address(): string {
    return this.#addresses[0] ?? "";
  }

  get port(): number {
    return Number(/\/tcp\/(\d+)/.exec(this.address)?.[1]);
  }

  get id(): string {
    return this.address.split("/p2p/")[1] ?? "";
  }

  /** What all its processes have said on standard error. */
  get stderr(): string {
    return this.#earlierStderr + (this.#child?.stderr ?? "");
  }

  /** The API of the running node. */
  get client(): GatewayClient {
    if (this.#client === null) throw new Error(`${this.name} is not up`);
    return this.#client;
  }

  /** The API for the keys of another space than main. */
  inSpace(space: string): GatewayClient {
    return new GatewayClient({ dir: this.dir, space });
  }

  /** Runs a command on this node and gives how it ended. */
  run(args: readonly string[], options: GstoreOptions = {}): Promise<Outcome> {
    return gstore([...args.slice(0, 1), "--dir", this.dir, ...args.slice(1)], options);
  }

  /** Runs a command on this node and rejects where it fails. */
  done(args: readonly string[], options: GstoreOptions = {}): Promise<Outcome> {
    return gstoreDone([...args.slice(0, 1), "--dir", this.dir, ...args.slice(1)], options);
  }

  /** Stores bytes by the command line. */
  async put(key: string, bytes: Uint8Array, ...args: readonly string[]): Promise<StoreAnswer> {
    const { stdout } = await this.done(["put", ...args, "--json", "-", key], { input: bytes });
    return JSON.parse(stdout) as StoreAnswer;
  }

  /** Reads a file by the command line. */
  async cat(key: string): Promise<Buffer> {
    return (await this.done(["cat", key])).stdoutBytes;
  }

  /** Reads a file by the API. */
  async read(key: string): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of (await this.client.get(key)).body) parts.push(part);
    return Buffer.concat(parts);
  }

  async keys(prefix = ""): Promise<string[]> {
    const keys: string[] = [];
    for await (const item of this.client.list(prefix)) keys.push(item.key);
    return keys;
  }

  status(): Promise<StatusAnswer> {
    return this.client.status();
  }

  /** Anonymous memory, in bytes. */
  async rssAnon(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, "utf8");
    return 1024 * Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]);
  }

  /** Signals the process without waiting. */
  signal(signal: NodeJS.Signals): void {
    this.#running().kill(signal);
  }

  /** Ends the process as the user would. `ms` is the time that took. */
  stop(signal: "SIGTERM" | "SIGINT" = "SIGTERM"): Promise<Ended> {
    return this.#end(signal);
  }

  /** Ends the process as a crash would. */
  kill(): Promise<Ended> {
    return this.#end("SIGKILL");
  }

  async #end(signal: NodeJS.Signals): Promise<Ended> {
    const begun = performance.now();
    const child = this.#running();
    child.kill(signal);
    const ended = await child.ended;
    this.#client?.close();
    this.#client = null;
    return { ...ended, ms: performance.now() - begun };
  }

  #running(): Child {
    if (this.#child === null) throw new Error(`${this.name} was never started`);
    return this.#child;
  }
}
