import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Child } from "../e2e/support/child-process.ts";
import { startGstore } from "../e2e/support/gstore.ts";
import { waitFor } from "../e2e/support/wait-for.ts";

const FAKE_TERMINAL = join(import.meta.dirname, "fake-terminal.mjs");

/** Somebody at a terminal that runs one command: sees what it says, and types. */
export class Typist {
  readonly child: Child;
  #seen = 0;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = startGstore(args, { env: { NODE_OPTIONS: `--import=${FAKE_TERMINAL}`, ...env } });
    onTestFinished(async () => {
      this.child.kill("SIGKILL");
      await this.child.ended;
    });
  }

  /** Waits for a question that was not answered yet. */
  async sees(question: string): Promise<void> {
    await waitFor(`the command says ${question}`, () => {
      const at = this.child.stderr.indexOf(question, this.#seen);
      if (at === -1 && this.child.hasEnded) throw new Error(`it ended: ${this.child.stderr}`);
      if (at === -1) return false;
      this.#seen = at + question.length;
      return true;
    });
  }

  async answers(question: string, line: string): Promise<void> {
    await this.sees(question);
    this.press(`${line}\r`);
  }

  press(keys: string): void {
    this.child.process.stdin.write(keys);
  }
}
