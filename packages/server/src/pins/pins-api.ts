import type { Counted } from "../copies-api.ts";

/** What this node keeps a copy of, whatever the placement says. */
export interface PinStatus {
  /** Name of the space; null where this node has no keys of it any more. */
  readonly space: string | null;
  /** A key, or what the keys begin with (empty for all of the space); null where it can't be read here any more. */
  readonly prefix: string | null;
  /** Whether it is for that key alone. */
  readonly isKey: boolean;
}

export interface PinOptions {
  /** Default: `main`. */
  readonly space?: string;
  readonly signal?: AbortSignal;
  /** Keys looked at, of so many where that is known. */
  readonly onProgress?: (progress: { readonly keys: number; readonly keysTotal: number | null }) => void;
}

export interface PinReport {
  readonly pin: PinStatus;
  /** Versions of the files below it, older ones that are kept included. */
  readonly all: Counted;
  /** Those of them that were fetched now. */
  readonly fetched: Counted;
  /** Those that nobody who can be reached has, and the names of the first. They are fetched once that changes. */
  readonly missing: Counted;
  readonly missingKeys: readonly string[];
}

export interface DropReport {
  /** Pins that were for what was named, or for something below it. */
  readonly unpinned: readonly PinStatus[];
  /** Versions whose copy here was given up. */
  readonly dropped: Counted;
  /** Those that stay here: the policy wants them here, a wider pin does, or the others have not shown that they hold enough. */
  readonly placed: Counted;
  readonly pinned: Counted;
  readonly needed: Counted;
}

/** The part of a node that is about what it keeps for its own user. */
export interface PinOperations {
  /**
   * Keeps a copy here of all files below a prefix, which ends in `/` or is empty, or else of one key: fetched now, and what
   * comes later as it comes. The pin stands durably before anything is fetched, and what could not be is fetched later. It is
   * of this node alone. Rejects with `KEY_NOT_FOUND`, `TOO_LARGE` for too many pins, and `KEY_MISSING` on a vault.
   */
  pin(prefix: string, options?: PinOptions): Promise<PinReport>;
  pins(): PinStatus[];
  /**
   * Takes away the pins of a key, or of a prefix and all below it, and gives up the copies here that neither the policy nor
   * another pin wants here, as far as enough others prove theirs. The other ones follow as soon as they do.
   */
  drop(prefix: string, options?: PinOptions): Promise<DropReport>;
}
