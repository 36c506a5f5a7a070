import { printable, printableJson } from "./printable.ts";

/** Where a command tells its results (stdout) and everything else (stderr). */
export class Output {
  readonly json: boolean;
  /** Whether people watch: progress is shown only then. */
  readonly isTerminal: boolean;

  readonly #signal: AbortSignal;

  constructor({ json, signal }: { readonly json: boolean; readonly signal: AbortSignal }) {
    this.json = json;
    this.#signal = signal;
    this.isTerminal = process.stderr.isTTY === true && !json;
  }

  /** One result: as JSON on one line, or as the text that `text` makes. Names in the text have to be made printable. */
  async result(record: object, text: () => string): Promise<void> {
    await this.write(`${this.json ? printableJson(record) : text()}\n`);
  }

  /** Writes to stdout as it is, at the reader's pace. Rejects when the command is interrupted: the reader may never read on. */
  async write(bytes: string | Uint8Array): Promise<void> {
    this.#signal.throwIfAborted();
    if (process.stdout.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        process.stdout.off("drain", done);
        this.#signal.removeEventListener("abort", done);
        resolve();
      };
      process.stdout.once("drain", done);
      this.#signal.addEventListener("abort", done);
    });
    this.#signal.throwIfAborted();
  }

  /** A remark for people; programs that asked for JSON don't get it. */
  note(text: string): void {
    if (!this.json) process.stderr.write(`${printable(text)}\n`);
  }

  /** Lines for people's eyes that are drawn as they are, and therefore hold nothing that came from elsewhere. */
  drawing(lines: readonly string[]): void {
    if (!this.json) process.stderr.write(`${lines.join("\n")}\n`);
  }

  /** A problem: as JSON, or as text behind the program's name. */
  problem(record: { readonly message: string }): void {
    const text = this.json ? printableJson(record) : `gstore: ${printable(record.message)}`;
    process.stderr.write(`${text}\n`);
  }
}

/** Waits until stdout has taken everything. */
export function flushed(): Promise<void> {
  return new Promise((resolve) => {
    if (process.stdout.destroyed || process.stdout.writableLength === 0) resolve();
    else process.stdout.write("", () => resolve());
  });
}
