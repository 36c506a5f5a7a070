import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { GstoreError } from "@gstore/gateway/client";

const SECRET_BYTES_MAX = 64 * 1024;

/** What a secret is asked for with, and what it is called where there is none. */
export interface SecretRequest {
  readonly prompt: string;
  readonly what: string;
  readonly signal: AbortSignal;
  /** Whether a file or pipe is read only up to the end of its first line. */
  readonly isOneLine?: boolean;
}

/** Whether somebody is there to be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true;
}

/** A secret from standard input: typed unseen on a terminal, all of it where it is a file or pipe. Without white space around it. */
export async function readSecret(request: SecretRequest): Promise<string> {
  const { prompt, what, signal } = request;
  const secret = canAsk() ? await typeUnseen(prompt, signal) : await readInput(request);
  if (secret.trim() !== "") return secret.trim();
  throw new GstoreError("INVALID_ARGUMENT", `Standard input has no ${what}.`);
}

/** Throws where nobody could answer a question; then the command line has to say --yes. */
export function refuseWithoutTerminal(): void {
  if (canAsk()) return;
  throw new GstoreError("INVALID_ARGUMENT", "That needs to be confirmed: give --yes.");
}

/** Asks on a terminal. */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    terminal.close();
  }
}

/** What is typed on a terminal, unseen and exactly as it is. Rejects where nothing more can be typed (Ctrl-D). */
export async function typeUnseen(prompt: string, signal: AbortSignal): Promise<string> {
  process.stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const ended = new AbortController();
  // A terminal in raw mode gives Ctrl-C to us and makes no signal of it.
  terminal.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
  terminal.once("close", () => ended.abort(new GstoreError("INVALID_ARGUMENT", "Nothing was typed.")));
  const either = AbortSignal.any([signal, ended.signal]);
  try {
    return await terminal.question("", { signal: either });
  } catch (error) {
    throw either.aborted ? either.reason : error;
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}

/** Nothing else that reads standard input may run at the same time. */
function readInput({ what, signal, isOneLine = false }: SecretRequest): Promise<string> {
  const { stdin } = process;
  const parts: Buffer[] = [];
  let bytes = 0;
  return new Promise<string>((resolve, reject) => {
    const done = (): void => resolve(Buffer.concat(parts).toString());
    stdin.on("data", (part: Buffer) => {
      const end = isOneLine ? part.indexOf("\n") : -1;
      parts.push(end === -1 ? part : part.subarray(0, end));
      bytes += part.length;
      if (bytes > SECRET_BYTES_MAX)
        reject(new GstoreError("INVALID_ARGUMENT", `That is too long for ${what}.`));
      else if (end !== -1) done();
    });
    stdin.once("end", done);
    stdin.once("error", reject);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  }).finally(() => {
    stdin.pause();
    stdin.removeAllListeners("data").removeAllListeners("end").removeAllListeners("error");
  });
}
