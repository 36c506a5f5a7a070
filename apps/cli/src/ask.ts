import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { GstoreError } from "@gstore/gateway/client";

const SECRET_BYTES_MAX = 64 * 1024;

/** What a secret is asked for with, and what it is called where there is none. */
export interface SecretRequest {
  readonly prompt: string;
  readonly what: string;
  readonly signal: AbortSignal;
}

/** A secret from standard input: typed unseen on a terminal, all of it where it is a file or pipe. Without white space around it. */
export async function readSecret({ prompt, what, signal }: SecretRequest): Promise<string> {
  const secret = process.stdin.isTTY ? await typeUnseen(prompt, signal) : await readInput(what);
  if (secret.trim() !== "") return secret.trim();
  throw new GstoreError("INVALID_ARGUMENT", `Standard input has no ${what}.`);
}

/** Throws where nobody could answer a question; then the command line has to say --yes. */
export function refuseWithoutTerminal(): void {
  if (process.stdin.isTTY) return;
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

async function typeUnseen(prompt: string, signal: AbortSignal): Promise<string> {
  process.stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const ended = new AbortController();
  // A terminal in raw mode gives Ctrl-C to us and makes no signal of it.
  terminal.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
  terminal.once("close", () => ended.abort(new GstoreError("INVALID_ARGUMENT", "Nothing was typed.")));
  try {
    return await terminal.question("", { signal: AbortSignal.any([signal, ended.signal]) });
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}

async function readInput(what: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of process.stdin as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > SECRET_BYTES_MAX) throw new GstoreError("INVALID_ARGUMENT", `That is too long for ${what}.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
