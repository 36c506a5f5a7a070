import {
  GATHERED_BUFFERS_MAX,
  GATHERED_GAP_BYTES_MAX,
  GATHERED_READ_BYTES_MAX,
  GATHERED_READS_AT_ONCE_MAX,
  GATHERED_SPAN_BYTES_MAX,
} from "../constants.ts";
import type { DiskFile } from "../disk-files.ts";

interface WaitingRead {
  readonly buffer: Uint8Array;
  readonly position: number;
  readonly resolve: (count: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Small reads of one file, done together where they wait together and lie near each other: a trip to another thread costs
 * many times what the few kilobytes do. A read that has no company goes at once, and none waits longer than for the ones
 * before it, as it would in the thread pool.
 */
export class GatheredReads {
  readonly #file: DiskFile;
  readonly #buffers: ReadBuffers;
  #waiting: WaitingRead[] = [];
  #underWay = 0;
  #isScheduled = false;

  constructor(file: DiskFile, buffers: ReadBuffers) {
    this.#file = file;
    this.#buffers = buffers;
  }

  /** As {@link DiskFile.read}. */
  read(buffer: Uint8Array, position: number): Promise<number> {
    if (buffer.length > GATHERED_READ_BYTES_MAX) return this.#file.read(buffer, position);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ buffer, position, resolve, reject });
      if (this.#isScheduled || this.#underWay >= GATHERED_READS_AT_ONCE_MAX) return;
      this.#isScheduled = true;
      // What is asked for by the promises that are ready now goes along.
      process.nextTick(() => {
        this.#isScheduled = false;
        this.#start();
      });
    });
  }

  #start(): void {
    if (this.#waiting.length === 0 || this.#underWay >= GATHERED_READS_AT_ONCE_MAX) return;
    const waiting = this.#waiting.sort((one, other) => one.position - other.position);
    this.#waiting = [];
    for (const group of groupsOf(waiting)) {
      this.#underWay++;
      void this.#readGroup(group).then(() => {
        this.#underWay--;
        this.#start();
      });
    }
  }

  async #readGroup(group: readonly WaitingRead[]): Promise<void> {
    if (group.length > 1 && (await this.#readTogether(group))) return;
    await Promise.all(
      group.map((one) => this.#file.read(one.buffer, one.position).then(one.resolve, one.reject)),
    );
  }

  /** False where it fails: of the reads alone, those can succeed that lie beside what can't be read. */
  async #readTogether(group: readonly WaitingRead[]): Promise<boolean> {
    const start = (group[0] as WaitingRead).position;
    const end = group.reduce((last, { buffer, position }) => Math.max(last, position + buffer.length), 0);
    const gathered = this.#buffers.take();
    try {
      const count = await this.#file.read(gathered.subarray(0, end - start), start);
      for (const { buffer, position, resolve } of group) {
        const from = position - start;
        const bytes = gathered.subarray(from, Math.min(count, from + buffer.length));
        buffer.set(bytes);
        resolve(bytes.length);
      }
      return true;
    } catch {
      return false;
    } finally {
      this.#buffers.giveBack(gathered);
    }
  }
}

/** Memory that gathered reads of a store go to: fresh memory costs more than the reading. */
export class ReadBuffers {
  readonly #idle: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(GATHERED_SPAN_BYTES_MAX);
  }

  giveBack(buffer: Uint8Array): void {
    if (this.#idle.length < GATHERED_BUFFERS_MAX) this.#idle.push(buffer);
  }
}

/** Reads in order of their positions, in groups of those that lie near each other. */
function groupsOf(reads: readonly WaitingRead[]): WaitingRead[][] {
  const groups: WaitingRead[][] = [];
  let start = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const read of reads) {
    const readEnd = read.position + read.buffer.length;
    const isNear = read.position - end <= GATHERED_GAP_BYTES_MAX;
    if (isNear && Math.max(end, readEnd) - start <= GATHERED_SPAN_BYTES_MAX) {
      groups.at(-1)?.push(read);
      end = Math.max(end, readEnd);
    } else {
      groups.push([read]);
      start = read.position;
      end = readEnd;
    }
  }
  return groups;
}
