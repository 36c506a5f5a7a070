import { type Clock, type ContentRoot, GstoreError, isGstoreError } from "@gstore/core";
import type { Logger } from "../logger.ts";
import type { SyncedFile } from "../synced-file.ts";
import { UPLOADS_MAX, UPLOADS_PER_OWNER_MAX } from "./limits.ts";
import { decodeUploads, encodeUploads, type UploadRecord } from "./upload-record.ts";
import type { UploadSession } from "./upload-session.ts";

export interface UploadsOptions {
  /** Without one nothing outlives the node. */
  readonly file: SyncedFile | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Blobs of an upload may be garbage now. */
  readonly dropped: () => void;
}

/** The uploads that are under way, in a file of their own. What has come of them is kept until they expire. */
export class Uploads {
  readonly #options: UploadsOptions;
  #records: ReadonlyMap<string, UploadRecord>;
  readonly #sessions = new Map<string, UploadSession>();
  readonly #running = new Map<string, { readonly stop: AbortController; readonly done: Promise<unknown> }>();
  #writing: Promise<unknown> = Promise.resolve();
  #cancelExpiry: () => void = () => {};

  private constructor(options: UploadsOptions, records: readonly UploadRecord[]) {
    this.#options = options;
    this.#records = new Map(records.map((record) => [record.id, record]));
    this.#expireLater();
  }

  static async open(options: UploadsOptions): Promise<Uploads> {
    const bytes = (await options.file?.read()) ?? null;
    let records: UploadRecord[] = [];
    try {
      if (bytes !== null) records = decodeUploads(bytes);
    } catch (error) {
      if (!isGstoreError(error, "INVALID_FORMAT")) throw error;
      // Nothing in it was told to be stored: whoever sends these files begins anew.
      options.logger.warn(
        {},
        "the list of uploads is damaged: uploads that were under way have to begin anew",
      );
    }
    return new Uploads(options, records);
  }

  /** Throws `KEY_NOT_FOUND` where there is none, or none any more. */
  get(id: string): UploadRecord {
    const found = this.#records.get(id);
    if (found !== undefined && found.expiresMs > this.#options.clock.now()) return found;
    throw new GstoreError(
      "KEY_NOT_FOUND",
      "There is no such upload. It was given up, or has expired: begin anew.",
    );
  }

  /** What has come of those that are not whole: it is named by no version yet, and stays. */
  roots(): ContentRoot[] {
    return [...this.#records.values()].flatMap(({ content }) => (content === null ? [] : [content]));
  }

  /** Once it resolves it is remembered durably. Rejects with `TOO_BUSY` where there are too many. */
  async add(record: UploadRecord): Promise<void> {
    await this.#change((all) => {
      const unfinished = [...all.values()].filter(({ version }) => version === null);
      const own = unfinished.filter(({ owner }) => owner === record.owner);
      if (unfinished.length >= UPLOADS_MAX || own.length >= UPLOADS_PER_OWNER_MAX) {
        const message = `There are ${own.length} uploads under way of ${UPLOADS_PER_OWNER_MAX} at most. Finish some, or give some up.`;
        throw new GstoreError("TOO_BUSY", message, { limit: UPLOADS_PER_OWNER_MAX, retryable: true });
      }
      // Those that are done make room: the oldest first.
      const done = [...all.values()].filter(({ version }) => version !== null);
      for (const { id } of done.slice(0, Math.max(0, all.size + 1 - UPLOADS_MAX))) all.delete(id);
      all.set(record.id, record);
    });
  }

  /** The same of one that is there. Rejects with `KEY_NOT_FOUND` where it was given up meanwhile. */
  async replace(record: UploadRecord): Promise<void> {
    await this.#change((all) => {
      if (!all.has(record.id)) this.get(record.id);
      all.set(record.id, record);
    });
  }

  async remove(id: string): Promise<void> {
    this.#sessions.delete(id);
    await this.#change((all) => void all.delete(id));
    this.#options.dropped();
  }

  session(id: string): UploadSession | undefined {
    return this.#sessions.get(id);
  }

  keepSession(id: string, session: UploadSession): void {
    this.#sessions.set(id, session);
  }

  dropSession(id: string): void {
    this.#sessions.delete(id);
  }

  /** Does something with an upload that nothing else is done with: what runs is told to stop, and waited for. */
  async alone<T>(id: string, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
    for (let running = this.#running.get(id); running !== undefined; running = this.#running.get(id)) {
      const reason = new GstoreError("ABORTED", "Another request goes on with this upload.");
      running.stop.abort(reason);
      await running.done;
    }
    const stop = new AbortController();
    const result = work(stop.signal);
    const done = result.catch(() => {}).then(() => void this.#running.delete(id));
    this.#running.set(id, { stop, done });
    return await result;
  }

  close(): void {
    this.#cancelExpiry();
  }

  #change(change: (all: Map<string, UploadRecord>) => void): Promise<void> {
    const done = this.#writing.then(async () => {
      const now = this.#options.clock.now();
      const all = new Map([...this.#records].filter(([, { expiresMs }]) => expiresMs > now));
      change(all);
      await this.#options.file?.replace(encodeUploads([...all.values()]));
      this.#records = all;
      for (const id of this.#sessions.keys()) if (!all.has(id)) this.#sessions.delete(id);
      this.#expireLater();
    });
    this.#writing = done.catch(() => {});
    return done;
  }

  #expireLater(): void {
    const { clock, dropped, logger } = this.#options;
    this.#cancelExpiry();
    const first = Math.min(...[...this.#records.values()].map(({ expiresMs }) => expiresMs));
    if (!Number.isFinite(first)) return;
    this.#cancelExpiry = clock.after(Math.max(1000, first - clock.now() + 1), () => {
      this.#change(() => {})
        .then(dropped)
        .catch((error: unknown) =>
          logger.warn({ error: String(error) }, "old uploads could not be given up"),
        );
    });
  }
}
