import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";

/** How a process ended, and how long (ms) it lived. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly ms: number;
}

export interface ChildOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** False leaves stdout to the caller, who has to read it. */
  readonly collectStdout?: boolean;
}

const running = new Set<Child>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A process in a group of its own, so that nothing it starts outlives the tests. */
export class Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  #hasEnded = false;

  constructor(file: string, args: readonly string[], { env, cwd, collectStdout = true }: ChildOptions) {
    const begun = performance.now();
    this.process = spawn(file, args, { env, cwd, detached: true, stdio: ["pipe", "pipe", "pipe"] });
    running.add(this);
    // Whoever writes to a process that has ended learns it from how it ended.
    this.process.stdin.on("error", () => {});
    this.process.stderr.on("data", (data: Buffer) => this.#stderr.push(data));
    if (collectStdout) this.process.stdout.on("data", (data: Buffer) => this.#stdout.push(data));
    this.ended = new Promise((resolve, reject) => {
      this.process.once("error", reject);
      this.process.once("close", (code, signal) => {
        this.#hasEnded = true;
        running.delete(this);
        resolve({ code, signal, ms: performance.now() - begun });
      });
    });
    this.ended.catch(() => {});
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get stdout(): string {
    return Buffer.concat(this.#stdout).toString();
  }

  get stdoutBytes(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  /** Signals the process and all that it started. */
  kill(signal: NodeJS.Signals): void {
    if (this.#hasEnded || this.process.pid === undefined) return;
    try {
      process.kill(-this.process.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
