import { onTestFinished } from "vitest";
import type { Child } from "../e2e/support/child-process.ts";
import { type GstoreOptions, gstore, gstoreDone, type Outcome, startGstore } from "../e2e/support/gstore.ts";
import { waitFor } from "../e2e/support/wait-for.ts";

/** A node whose folder a command made, whichever, and the process that runs it. It ends with the test. */
export class MemberNode {
  readonly dir: string;
  #stop: (() => Promise<void>) | null = null;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Starts the node as a user would who has a folder: with nothing said about other nodes. */
  async up(...args: readonly string[]): Promise<void> {
    const child = this.start(["up", ...args]);
    await waitFor(`the node in ${this.dir} is ready`, () => {
      if (child.hasEnded) throw new Error(child.stderr);
      return child.stdout.startsWith("ready ");
    });
  }

  /** Joins and runs the node, as a user would on a new machine. Resolves when it says that it is in sync. */
  async joinAndRun(ticket: string, ...args: readonly string[]): Promise<Child> {
    const child = this.start(["join", "-", ...args]);
    child.process.stdin.write(`${ticket}\n`);
    await waitFor(`the node in ${this.dir} is in sync`, () => {
      if (child.hasEnded) throw new Error(child.stderr);
      return /in sync with |"event":"synced"/.test(child.stdout);
    });
    return child;
  }

  /** Starts a command that runs the node, on a free port, until its standard input ends. */
  start(args: readonly string[], options: GstoreOptions = {}): Child {
    const where = ["--dir", this.dir, "--listen", "127.0.0.1:0", "--with-stdin"];
    const child = startGstore([...args, ...where], options);
    this.#stop = async () => {
      child.kill("SIGTERM");
      await child.ended;
    };
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await child.ended;
    });
    return child;
  }

  async stop(): Promise<void> {
    await this.#stop?.();
  }

  /** Runs a command on this node and gives how it ended. */
  run(args: readonly string[], options: GstoreOptions = {}): Promise<Outcome> {
    return gstore(["--dir", this.dir, ...args], options);
  }

  /** The output of a command, which may not fail. */
  async done(...args: readonly string[]): Promise<string> {
    return (await gstoreDone(["--dir", this.dir, ...args])).stdout;
  }

  /** A command's JSON, one value a line. */
  async json(...args: readonly string[]): Promise<Record<string, unknown>[]> {
    const stdout = await this.done(...args, "--json");
    return stdout
      .trim()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  }

  put(key: string, text: string, ...args: readonly string[]): Promise<Outcome> {
    return this.run(["put", "-", key, ...args], { input: Buffer.from(text) });
  }

  /** Redeems a ticket, from standard input, and makes the folder alone. */
  join(ticket: string, ...args: readonly string[]): Promise<Outcome> {
    return this.run(["join", "-", "--no-up", ...args], { input: Buffer.from(`${ticket}\n`) });
  }

  async invite(...args: readonly string[]): Promise<string> {
    return (await this.done("invite", ...args)).trim();
  }

  /** Waits until a member of that name is connected. */
  async connectedTo(name: string): Promise<void> {
    await waitFor(`${this.dir} is connected to ${name}`, async () =>
      (await this.json("peers")).some((peer) => peer.name === name && peer.connected === true),
    );
  }
}
