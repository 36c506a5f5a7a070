import { constants } from "node:os";
import { GstoreError } from "@gstore/gateway/client";

/** One Ctrl-C can arrive several times: from the terminal and passed on by npm, pnpm or a launcher. */
const ECHO_MS = 400;
/** A command that hasn't ended by itself so long after Ctrl-C is ended. */
const GRACE_MS = 3000;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Turns the signals that end a process into an `AbortSignal`; a second one ends the process at once. */
export class Interrupt {
  readonly #controller = new AbortController();
  #exitCode: number | undefined;
  #firstMs = 0;
  #graceMs: number = GRACE_MS;

  constructor() {
    for (const name of SIGNALS) process.on(name, () => this.#onSignal(name));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** 128 plus the signal's number, once there was one. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Gives the command another time to end by itself. */
  setGrace(graceMs: number): void {
    this.#graceMs = graceMs;
  }

  /** Ends the command as if a signal had come, with another exit code. */
  end(exitCode: number): void {
    this.#exitCode ??= exitCode;
    this.#controller.abort(new GstoreError("ABORTED", "The command was ended."));
  }

  #onSignal(name: (typeof SIGNALS)[number]): void {
    const now = performance.now();
    if (this.#exitCode !== undefined) {
      if (now - this.#firstMs > ECHO_MS) process.exit(this.#exitCode);
      return;
    }
    this.#firstMs = now;
    const exitCode = 128 + constants.signals[name];
    this.end(exitCode);
    setTimeout(() => process.exit(exitCode), this.#graceMs).unref();
  }
}
