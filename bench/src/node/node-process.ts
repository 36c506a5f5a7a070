import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

type Functions = typeof import("./bench-node.ts");
type Reply = { readonly id: number; readonly result?: unknown; readonly error?: string };

/** A node in a process of its own. Processes end with this one. */
export class NodeProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #calls = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", ({ id, result, error }: Reply) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    child.once("exit", (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`a node's process ended: ${code ?? signal}`));
      this.#waiting.clear();
    });
  }

  static async spawn(): Promise<NodeProcess> {
    const host = new URL("./node-host.ts", import.meta.url);
    const child = fork(host, { execArgv: process.execArgv, serialization: "advanced" });
    process.once("exit", () => child.kill("SIGKILL"));
    await once(child, "message");
    return new NodeProcess(child);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Calls a function of bench-node.ts there. */
  call<Name extends keyof Functions>(
    name: Name,
    ...args: Parameters<Functions[Name]>
  ): ReturnType<Functions[Name]> {
    const id = this.#calls++;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#child.send({ id, name, args });
    return waiting.promise as ReturnType<Functions[Name]>;
  }

  async stop(): Promise<void> {
    await this.call("stop");
    const exited = once(this.#child, "exit");
    this.#child.disconnect();
    await exited;
  }
}
