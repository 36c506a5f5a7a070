import { type Entry, GstoreError, isGstoreError, PINS_MAX, type Random, type SpaceId } from "@gstore/core";
import { PolicyKeys } from "@gstore/crypto";
import type { OpenSpace, Spaces } from "../membership/spaces.ts";
import type { SyncedFile } from "../synced-file.ts";

/** As it stands on the disk. */
interface StoredPin {
  readonly space: SpaceId;
  readonly isKey: boolean;
  /** As `PolicyKeys` seals a prefix, for the class of the space's default, which has none: no name stands on the disk in clear. Null for all of the space. */
  readonly sealed: Uint8Array | null;
}

/** What the keys begin with that are pinned, or the one key. */
export interface Pin {
  readonly space: SpaceId;
  /** Null where this node can't read it (any more). */
  readonly name: string | null;
  readonly isKey: boolean;
}

export interface PinsOptions {
  /** Without one nothing outlives the node. */
  readonly file: SyncedFile | null;
  readonly spaces: Pick<Spaces, "get" | "tryOpen">;
  readonly random: Random;
}

const SEAL_CLASS = 0;

/** What this node keeps whatever the placement says, in a file of its own.  */
export class Pins {
  readonly #options: PinsOptions;
  #stored: readonly StoredPin[];
  /** The file can't be read: what was pinned is not known, and so everything may be. */
  #isUnreadable: boolean;
  readonly #opened = new WeakMap<StoredPin, { readonly state: string; readonly name: string | null }>();
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(options: PinsOptions, stored: readonly StoredPin[] | null) {
    this.#options = options;
    this.#stored = stored ?? [];
    this.#isUnreadable = stored === null;
  }

  static async open(options: PinsOptions): Promise<Pins> {
    const bytes = (await options.file?.read()) ?? null;
    return new Pins(options, bytes === null ? [] : decode(bytes));
  }

  /** False where the file was found damaged: until something is pinned or dropped again, nothing is given up. */
  get isReadable(): boolean {
    return !this.#isUnreadable;
  }

  all(): Pin[] {
    return this.#stored.map((pin) => this.#read(pin));
  }

  /** Once it resolves it is remembered durably. Rejects with `TOO_LARGE`. */
  async add(
    space: OpenSpace,
    { name, isKey }: { readonly name: string; readonly isKey: boolean },
  ): Promise<void> {
    const keys = new PolicyKeys(space.secrets, this.#options.random);
    const sealed = name === "" ? null : keys.sealPrefix(SEAL_CLASS, name);
    await this.#change((all) => {
      const isKnown = (pin: Pin) => pin.space === space.id && pin.name === name && pin.isKey === isKey;
      if (all.some((pin) => isKnown(this.#read(pin)))) return all;
      if (all.length < PINS_MAX) return [...all, { space: space.id, isKey, sealed }];
      const message = `This node has ${all.length} pins, which is the most. Pin a prefix in place of single files, or take some away with: gstore drop`;
      throw new GstoreError("TOO_LARGE", message, { limit: PINS_MAX });
    });
  }

  /** Takes those away that are meant, and gives them. */
  async remove(isMeant: (pin: Pin) => boolean): Promise<Pin[]> {
    const removed: Pin[] = [];
    await this.#change((all) =>
      all.filter((stored) => {
        const pin = this.#read(stored);
        if (isMeant(pin)) removed.push(pin);
        return !isMeant(pin);
      }),
    );
    return removed;
  }

  /** Whether a version is for this node to keep: that is known for sure. */
  isPinned(entry: Entry): boolean {
    const pins = this.#ofSpace(entry);
    if (pins.length === 0) return false;
    if (pins.some(({ name, isKey }) => name === "" && !isKey)) return true;
    const metadata = this.#options.spaces.tryOpen(entry);
    return typeof metadata === "object" && pins.some((pin) => covers(pin, metadata.name));
  }

  /** Whether a copy must not be given up for the sake of a pin, which may be one that can't be read now. */
  mayBePinned(entry: Entry): boolean {
    if (this.#isUnreadable) return true;
    const pins = this.#ofSpace(entry);
    if (pins.length === 0) return false;
    if (pins.some(({ name }) => name === null)) return true;
    return this.isPinned(entry) || this.#options.spaces.tryOpen(entry) === "no key";
  }

  #ofSpace({ body }: Entry): Pin[] {
    return this.#stored.filter(({ space }) => space === body.space).map((pin) => this.#read(pin));
  }

  #read(stored: StoredPin): Pin {
    const { space: id, isKey, sealed } = stored;
    const space = this.#options.spaces.get(id);
    if (sealed === null) return { space: id, isKey, name: "" };
    if (space === undefined) return { space: id, isKey, name: null };
    const known = this.#opened.get(stored);
    if (known?.state === space.state) return { space: id, isKey, name: known.name };
    const name = tryOpen(space, sealed);
    this.#opened.set(stored, { state: space.state, name });
    return { space: id, isKey, name };
  }

  #change(to: (all: readonly StoredPin[]) => readonly StoredPin[]): Promise<void> {
    const done = this.#writing.then(async () => {
      const changed = to(this.#stored);
      if (changed === this.#stored && !this.#isUnreadable) return;
      const pins = changed.map(({ space, isKey, sealed }) => ({
        ...{ space, isKey, sealed: sealed && Buffer.from(sealed).toString("base64") },
      }));
      await this.#options.file?.replace(Buffer.from(JSON.stringify({ version: 1, pins })));
      this.#stored = changed;
      this.#isUnreadable = false;
    });
    this.#writing = done.catch(() => {});
    return done;
  }
}

/** Whether a pin is for a key. */
export function covers({ name, isKey }: Pin, key: string): boolean {
  return name !== null && (isKey ? key === name : key.startsWith(name));
}

function tryOpen(space: OpenSpace, sealed: Uint8Array): string | null {
  try {
    return new PolicyKeys(space.secrets).openPrefix(SEAL_CLASS, sealed);
  } catch (error) {
    if (isGstoreError(error)) return null;
    throw error;
  }
}

/** Null for what can't be read. */
function decode(bytes: Uint8Array): StoredPin[] | null {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return null;
  }
  const { version, pins } = (value ?? {}) as { version?: unknown; pins?: unknown };
  if (typeof version === "number" && version > 1)
    throw new GstoreError("UNSUPPORTED_VERSION", "The list of pins is of a newer gstore.");
  if (!Array.isArray(pins) || pins.length > PINS_MAX) return null;
  const decoded = pins.map(decodeOne);
  return decoded.includes(null) ? null : (decoded as StoredPin[]);
}

function decodeOne(value: unknown): StoredPin | null {
  const { space, isKey, sealed } = (value ?? {}) as Record<string, unknown>;
  if (typeof space !== "string" || typeof isKey !== "boolean") return null;
  if (sealed !== null && typeof sealed !== "string") return null;
  const bytes = sealed === null ? null : Uint8Array.from(Buffer.from(sealed, "base64"));
  return { space: space as SpaceId, isKey, sealed: bytes };
}
