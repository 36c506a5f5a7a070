import { GstoreError, POLICY_CLASS_MAX, type SpaceId } from "@gstore/core";
import type { SyncedFile } from "../synced-file.ts";

/** Keys below a prefix of a space whose versions are being given other classes. */
export interface PendingPrefix {
  readonly space: SpaceId;
  /** The class that the policy for the prefix has, or had. */
  readonly policyClass: number;
  /** The prefix as `PolicyKeys` seals it: no name stands on the disk in clear. */
  readonly sealedPrefix: Uint8Array;
}

/** More are not remembered: setting the policy again goes on with them. */
const PENDING_MAX = 256;

/** The prefixes whose keys this node has not finished reclassifying, in a file: it goes on with them at the next start. */
export class PendingPrefixes {
  readonly #file: SyncedFile | null;
  #pending: readonly PendingPrefix[];
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(file: SyncedFile | null, pending: readonly PendingPrefix[]) {
    this.#file = file;
    this.#pending = pending;
  }

  /** Without a file nothing outlives the node. */
  static async open(file: SyncedFile | null): Promise<PendingPrefixes> {
    const bytes = (await file?.read()) ?? null;
    return new PendingPrefixes(file, bytes === null ? [] : decode(bytes));
  }

  all(): readonly PendingPrefix[] {
    return this.#pending;
  }

  /** Once it resolves it is remembered durably. */
  add(pending: PendingPrefix): Promise<void> {
    return this.#change((all) =>
      [...all.filter((one) => !isSame(one, pending)), pending].slice(-PENDING_MAX),
    );
  }

  remove(pending: Place): Promise<void> {
    return this.#change((all) => all.filter((one) => !isSame(one, pending)));
  }

  #change(to: (all: readonly PendingPrefix[]) => PendingPrefix[]): Promise<void> {
    const done = this.#writing.then(async () => {
      const changed = to(this.#pending);
      const pending = changed.map(({ sealedPrefix, ...one }) => ({
        ...one,
        sealedPrefix: Buffer.from(sealedPrefix).toString("base64"),
      }));
      await this.#file?.replace(Buffer.from(JSON.stringify({ version: 1, pending })));
      this.#pending = changed;
    });
    this.#writing = done.catch(() => {});
    return done;
  }
}

type Place = Pick<PendingPrefix, "space" | "policyClass">;

function isSame(left: Place, right: Place): boolean {
  return left.space === right.space && left.policyClass === right.policyClass;
}

/** What can't be read is nothing: setting the policy again does the same work. */
function decode(bytes: Uint8Array): PendingPrefix[] {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return [];
  }
  const { version, pending } = (value ?? {}) as { version?: unknown; pending?: unknown };
  if (typeof version === "number" && version > 1)
    throw new GstoreError("UNSUPPORTED_VERSION", "The list of policies under way is of a newer gstore.");
  return Array.isArray(pending) ? pending.slice(0, PENDING_MAX).flatMap(decodeOne) : [];
}

function decodeOne(value: unknown): PendingPrefix[] {
  const { space, policyClass, sealedPrefix } = (value ?? {}) as Record<string, unknown>;
  const isClass = Number.isInteger(policyClass) && (policyClass as number) <= POLICY_CLASS_MAX;
  if (typeof space !== "string" || typeof sealedPrefix !== "string" || !isClass) return [];
  const sealed = Uint8Array.from(Buffer.from(sealedPrefix, "base64"));
  // Whatever else it is, there is no space of that id then.
  return [{ space: space as SpaceId, policyClass: policyClass as number, sealedPrefix: sealed }];
}
