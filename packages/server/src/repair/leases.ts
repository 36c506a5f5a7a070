import { type Clock, type EntryId, LEASE_MS_MAX, LEASES_MAX } from "@gstore/core";
import type { LeaseVersions } from "@gstore/p2p";

const LOOK_MS = 1000;

/**
 * Versions of which this node keeps its copy because another gives up its own counting on it, and those whose copy it is
 * giving up itself. A version is never both: that is what keeps two nodes from giving up what each counts on of the other.
 * docs/adr/0008-surplus.md.
 */
export class Leases {
  readonly #clock: Clock;
  readonly #startedMs: number;
  /** Until when (monotonic ms), in the order of granting. */
  readonly #granted = new Map<EntryId, number>();
  readonly #givingUp = new Set<EntryId>();
  /** Those that want none granted. */
  #suspensions = 0;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedMs = clock.monotonic();
  }

  /** How many are granted and may still run. */
  get count(): number {
    return this.#granted.size;
  }

  /**
   * Grants leases for those of some versions of which a copy is held here, and gives these. They are promised before it is
   * looked whether there is a copy: in the gap between the two it must not go.
   */
  async answer(
    { versions, leaseMs }: LeaseVersions,
    heldHere: (versions: readonly EntryId[]) => Promise<EntryId[]>,
  ): Promise<EntryId[]> {
    return await heldHere(versions.filter((version) => this.#grant(version, leaseMs)));
  }

  #grant(version: EntryId, leaseMs: number): boolean {
    if (this.#suspensions > 0 || this.#givingUp.has(version)) return false;
    const now = this.#clock.monotonic();
    const known = this.#granted.get(version);
    if (known === undefined && this.#granted.size >= LEASES_MAX) this.#forgetExpired(now);
    if (known === undefined && this.#granted.size >= LEASES_MAX) return false;
    this.#granted.set(version, Math.max(known ?? 0, now + Math.min(leaseMs, LEASE_MS_MAX)));
    return true;
  }

  /** Grants none until that is called which it gives: this node is about to take all its copies away. */
  suspend(): () => void {
    this.#suspensions++;
    return () => {
      this.#suspensions--;
    };
  }

  /** How long (ms) until all that are granted have run out. */
  runMs(): number {
    const now = this.#clock.monotonic();
    let lastMs = now;
    for (const until of this.#granted.values()) lastMs = Math.max(lastMs, until);
    return lastMs - now;
  }

  isLeased(version: EntryId): boolean {
    return (this.#granted.get(version) ?? 0) > this.#clock.monotonic();
  }

  /**
   * Begins to give up the copy of a version: no lease is granted until {@link end}. False where one runs, or may run that was
   * granted before this node was started anew and forgotten by that.
   */
  begin(version: EntryId): boolean {
    const isYoung = this.#clock.monotonic() - this.#startedMs < LEASE_MS_MAX;
    if (isYoung || this.isLeased(version) || this.#givingUp.has(version)) return false;
    this.#givingUp.add(version);
    return true;
  }

  end(version: EntryId): void {
    this.#givingUp.delete(version);
  }

  /** Not for each of those who ask while the table is full. */
  #forgetExpired(now: number): void {
    if (now - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = now;
    for (const [version, until] of this.#granted) if (until <= now) this.#granted.delete(version);
  }
}
