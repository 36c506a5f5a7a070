import { useSyncExternalStore } from "react";
import { ApiError, offline } from "../api/http.ts";
import { type Begun, PIECES_FROM_BYTES, putFile } from "./put-file.ts";
import { giveUp } from "./send-in-pieces.ts";

/** Files that are sent at once: more would take the line from one another. */
const RUNNING_MAX = 3;

export interface Upload {
  readonly id: number;
  readonly space: string;
  readonly key: string;
  readonly size: number;
  readonly sent: number;
  readonly state: "waiting" | "running" | "paused" | "stored" | "failed" | "cancelled";
  /** Whether it can stop and go on where it stopped. */
  readonly canPause: boolean;
  /** Why it failed, or what is still to come of one that is stored. */
  readonly note: string | null;
}

export interface FileToSend {
  readonly file: File;
  readonly space: string;
  readonly key: string;
}

export interface Uploads {
  readonly all: readonly Upload[];
  readonly sent: number;
  readonly size: number;
  readonly isRunning: boolean;
}

type Put = typeof putFile;

/** Sends files, some at a time, wherever the page goes meanwhile. */
export class UploadQueue {
  readonly #put: Put;
  #uploads: readonly Upload[] = [];
  #summary: Uploads = summarise([]);
  readonly #files = new Map<number, FileToSend & { readonly begun: Begun }>();
  readonly #running = new Map<number, AbortController>();
  #nextId = 1;
  readonly #watchers = new Set<() => void>();

  constructor(put: Put = putFile) {
    this.#put = put;
  }

  readonly watch = (tell: () => void): (() => void) => {
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  };
  readonly summary = (): Uploads => this.#summary;

  add(files: readonly FileToSend[]): void {
    const added = files.map((given): Upload => {
      const id = this.#nextId++;
      this.#files.set(id, { ...given, begun: { url: null } });
      const { file, space, key } = given;
      const canPause = file.size >= PIECES_FROM_BYTES;
      return { id, space, key, size: file.size, sent: 0, state: "waiting", canPause, note: null };
    });
    this.#set([...this.#uploads, ...added]);
    this.#fill();
  }

  /** Nothing of it is stored then. */
  cancel(id: number): void {
    const begun = this.#files.get(id)?.begun;
    this.#stop(id, "cancelled");
    this.#files.delete(id);
    // Of one that can't be told now the node gives up the pieces by itself, days later.
    if (begun !== undefined) giveUp(begun).catch(() => {});
  }

  /** What has come stays at the node; `retry` goes on with it. */
  pause(id: number): void {
    this.#stop(id, "paused");
  }

  cancelAll(): void {
    for (const { id, state } of this.#uploads) if (isOpen(state)) this.cancel(id);
  }

  /** Sends one again that failed, or goes on with one that was paused. */
  retry(id: number): void {
    this.#change(id, { state: "waiting", note: null });
    this.#fill();
  }

  /** Forgets those that are over. */
  clear(): void {
    const left = this.#uploads.filter(({ state }) => isOpen(state));
    for (const { id } of this.#uploads) if (!left.some((upload) => upload.id === id)) this.#files.delete(id);
    this.#set(left);
  }

  #stop(id: number, state: "paused" | "cancelled"): void {
    const running = this.#running.get(id);
    // Told apart from one that runs on its own: it makes room at once.
    this.#running.delete(id);
    running?.abort();
    this.#change(id, { state });
    this.#fill();
  }

  #fill(): void {
    for (const { id } of this.#uploads.filter(({ state }) => state === "waiting")) {
      if (this.#running.size >= RUNNING_MAX) return;
      const given = this.#files.get(id);
      if (given !== undefined) void this.#send(id, given);
    }
  }

  async #send(id: number, given: FileToSend & { readonly begun: Begun }): Promise<void> {
    const stop = new AbortController();
    this.#running.set(id, stop);
    this.#change(id, { state: "running" });
    try {
      const { note } = await this.#put(given, {
        signal: stop.signal,
        begun: given.begun,
        onProgress: (sent) => {
          if (!stop.signal.aborted) this.#change(id, { sent });
        },
      });
      this.#files.delete(id);
      this.#change(id, { state: "stored", sent: given.file.size, note });
    } catch (error) {
      if (!stop.signal.aborted) this.#change(id, { state: "failed", note: messageOf(error) });
    }
    if (this.#running.get(id) === stop) this.#running.delete(id);
    this.#fill();
  }

  #change(id: number, change: Partial<Upload>): void {
    this.#set(this.#uploads.map((upload) => (upload.id === id ? { ...upload, ...change } : upload)));
  }

  #set(uploads: readonly Upload[]): void {
    this.#uploads = uploads;
    this.#summary = summarise(uploads);
    for (const tell of this.#watchers) tell();
  }
}

/** Whether there is still something to come of it. */
export function isOpen(state: Upload["state"]): boolean {
  return state === "waiting" || state === "running" || state === "paused";
}

function messageOf(error: unknown): string {
  return (error instanceof ApiError ? error : offline()).message;
}

function summarise(all: readonly Upload[]): Uploads {
  const counted = all.filter(({ state }) => state !== "cancelled" && state !== "failed");
  const sum = (field: "sent" | "size"): number => counted.reduce((total, upload) => total + upload[field], 0);
  const isRunning = all.some(({ state }) => state === "waiting" || state === "running");
  return { all, sent: sum("sent"), size: sum("size"), isRunning };
}

export const uploads = new UploadQueue();

export function useUploads(): Uploads {
  return useSyncExternalStore(uploads.watch, uploads.summary);
}
