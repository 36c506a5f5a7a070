import { type Clock, type DiskStore, isGstoreError, type PeerId } from "@gstore/core";
import type { Logger } from "../logger.ts";
import type { Administration } from "../membership/administration.ts";
import type { Members } from "../membership/members.ts";
import { capacityToState } from "./capacity-steps.ts";

/** What a node's user says of it. */
export interface OwnAttributes {
  /** Bytes; without it what its disk has room for. */
  readonly capacityBytes?: number | undefined;
  /** Without it what is stated stays. */
  readonly zone?: string | undefined;
}

export interface AttributeTellerOptions {
  readonly self: PeerId;
  readonly said: OwnAttributes;
  readonly members: Pick<Members, "get">;
  readonly administration: Pick<Administration, "stateAttributes">;
  readonly disk: Pick<DiskStore, "diskUsage">;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Said = OwnAttributes & { readonly isStart?: boolean };

/** How often (ms) a node looks whether its disk still has the room that is stated of it. */
const LOOK_MS = 3_600_000;

/** States in the membership log how much this node can hold and where it stands, where that is not what the log says. */
export class AttributeTeller {
  readonly #options: AttributeTellerOptions;
  #cancel: (() => void) | null = null;
  #isStopped = false;

  constructor(options: AttributeTellerOptions) {
    this.#options = options;
  }

  /** Looks now, and every hour. What its user says is stated at the start alone: an admin may say otherwise later. */
  start(): void {
    void this.#look({ ...this.#options.said, isStart: true });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  async #look(said: Said): Promise<void> {
    const { clock, logger } = this.#options;
    try {
      await this.#stateWhatDiffers(said);
    } catch (error) {
      if (!isGstoreError(error)) throw error;
      logger.warn({ code: error.code }, "this node could not state its capacity");
    }
    if (!this.#isStopped) this.#cancel = clock.after(LOOK_MS, () => void this.#look({}));
  }

  async #stateWhatDiffers({ capacityBytes, zone, isStart }: Said): Promise<void> {
    const { self, members, administration, said } = this.#options;
    const known = members.get(self);
    if (known === undefined) return;
    const wanted = {
      capacityBytes:
        capacityBytes ??
        (said.capacityBytes === undefined ? await this.#measured() : null) ??
        known.capacityBytes,
      zone: zone ?? known.zone,
      isDraining: known.isDraining,
    };
    if (this.#isStopped || (wanted.capacityBytes === known.capacityBytes && wanted.zone === known.zone))
      return;
    // Two who each state their own would go on for ever.
    if (isStart !== true && known.attributesBy !== null && known.attributesBy !== self) return;
    await administration.stateAttributes(self, wanted);
  }

  /** What the disk has room for, where that is not what is stated; null where it is, or where somebody else stated it. */
  async #measured(): Promise<number | null> {
    const { self, members, disk } = this.#options;
    const known = members.get(self);
    if (known === undefined || (known.attributesBy !== null && known.attributesBy !== self)) return null;
    const { usedBytes, freeBytes } = await disk.diskUsage();
    return capacityToState(usedBytes + freeBytes, known.capacityBytes);
  }
}
