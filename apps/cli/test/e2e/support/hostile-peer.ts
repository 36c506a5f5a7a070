import { join } from "node:path";
import { createInterface } from "node:readline";
import { GstoreError } from "@gstore/gateway/client";
import { Child } from "./child-process.ts";
import type { HostileOp, HostileOps } from "./hostile/hostile-ops.ts";
import type { InviteWays, Lab } from "./lab.ts";
import type { TestNode } from "./test-node.ts";

const MAIN = join(import.meta.dirname, "hostile/main.ts");
const NODE_ARGS = ["--conditions=@gstore/source", "--disable-warning=ExperimentalWarning", MAIN];

/** A process with members that keep no rule, and the line to it. What it is told to do is {@link HostileOps}. */
export class HostilePeer {
  readonly #lab: Lab;
  readonly #child: Child;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #count = 0;

  private constructor(lab: Lab, child: Child) {
    this.#lab = lab;
    this.#child = child;
    createInterface({ input: child.process.stdout }).on("line", (line) => this.#answered(JSON.parse(line)));
    void child.ended.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`it has ended: ${child.stderr}`));
    });
  }

  static start(lab: Lab): HostilePeer {
    const child = new Child(process.execPath, NODE_ARGS, { env: process.env, collectStdout: false });
    lab.cleanUp(async () => {
      child.kill("SIGKILL");
      await child.ended;
    });
    return new HostilePeer(lab, child);
  }

  /** Rejects with a `GstoreError` of the code that was met. */
  do<Op extends HostileOp>(op: Op, args: Parameters<HostileOps[Op]>[0]): Promise<ReturnType<HostileOps[Op]>> {
    const number = this.#count++;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(number, waiting);
    this.#child.process.stdin.write(`${JSON.stringify({ number, op, args })}\n`);
    return waiting.promise as Promise<ReturnType<HostileOps[Op]>>;
  }

  /** The code that something ends with: `done` where nothing was in its way. */
  async codeOf<Op extends HostileOp>(op: Op, args: Parameters<HostileOps[Op]>[0]): Promise<string> {
    try {
      await this.do(op, args);
      return "done";
    } catch (error) {
      if (error instanceof GstoreError) return error.code;
      throw error;
    }
  }

  /** Becomes a member by a ticket of `node`'s, connects to it, and learns the log. */
  async join(as: string, node: TestNode, ways: InviteWays = {}): Promise<{ id: string; address: string }> {
    const { ticket } = await node.client.membership.invite(ways);
    const made = await this.do("join", { as, ticket, dir: await this.#lab.path(as) });
    await this.do("connect", { as, address: node.address });
    await this.do("log", { as, to: node.id });
    return made;
  }

  #answered({
    number,
    result,
    error,
  }: {
    number: number;
    result?: unknown;
    error?: { code: never; message: string };
  }) {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (error === undefined) waiting?.resolve(result);
    else if (error.code === "INTERNAL") waiting?.reject(new Error(error.message));
    else waiting?.reject(new GstoreError(error.code, error.message));
  }
}
