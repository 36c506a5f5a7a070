import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { startGstore } from "./gstore-process.ts";

const READY_MS = 30_000;
const STOP_MS = 6000;

/** One node of the demo: its folder, and the process that runs it. */
export class DemoNode {
  readonly name: string;
  readonly dir: string;
  readonly port: number;
  #child: ChildProcess | undefined;
  #errors = "";

  constructor(options: { readonly name: string; readonly dir: string; readonly port: number }) {
    this.name = options.name;
    this.dir = options.dir;
    this.port = options.port;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the process. Resolves with its addresses when it is ready, rejects with what it said if it ends before. */
  async up(bootstrap: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const peers = bootstrap.flatMap((address) => ["--bootstrap", address]);
    const where = ["--dir", this.dir, "--listen", `127.0.0.1:${this.port}`];
    // --with-stdin: should the demo be killed, its nodes end with it.
    const child = startGstore(["up", ...where, ...peers, "--json", "--with-stdin"]);
    this.#child = child;
    this.#errors = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => {
        clearTimeout(timer);
        reject(new Error(`${this.name} did not start: ${reason}`));
      };
      const giveUp = (): void => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => fail(`not ready after ${READY_MS / 1000} s. ${this.#errors}`), READY_MS);
      signal.addEventListener("abort", giveUp, { once: true });
      child.once("error", (error) => fail(error.message));
      child.once("close", () => fail(lastMessage(this.#errors)));
      const lines = createInterface({ input: child.stdout ?? process.stdin });
      lines.once("line", (line) => {
        clearTimeout(timer);
        resolve((JSON.parse(line) as { addresses: string[] }).addresses);
      });
    });
  }

  /** Stops the process as Ctrl-C would, and kills it should that not do. Gives the milliseconds it took. */
  async stop(): Promise<number> {
    const child = this.#child;
    this.#child = undefined;
    const begun = performance.now();
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return 0;
    const closed = new Promise((resolve) => child.once("close", resolve));
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    child.kill("SIGTERM");
    await closed;
    clearTimeout(timer);
    return performance.now() - begun;
  }
}

function lastMessage(errors: string): string {
  const last = errors.trim().split("\n").at(-1) ?? "";
  try {
    return (JSON.parse(last) as { message: string }).message;
  } catch {
    return last;
  }
}
