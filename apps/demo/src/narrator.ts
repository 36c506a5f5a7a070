/** Tells what the demo does, step by step. */
export class Narrator {
  #steps = 0;

  step(text: string): void {
    this.#steps++;
    console.log(`\n${this.#steps}. ${text}`);
  }

  tell(text: string): void {
    console.log(`   ${text}`);
  }
}

/** `12,345,678 bytes`. */
export function formatBytes(bytes: number): string {
  return `${bytes.toLocaleString("en-US")} bytes`;
}

/** `1.23 s`, and for bytes moved in that time the rate. */
export function formatTime(ms: number, bytes?: number): string {
  const time = ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
  return bytes === undefined ? time : `${time} (${(bytes / 1e3 / Math.max(1, ms)).toFixed(0)} MB/s)`;
}
