import {
  type EpochId,
  GstoreError,
  type MembershipState,
  type NetworkId,
  type SpaceId,
  type SpaceState,
  type WrapRecipient,
} from "@gstore/core";
import type { NodeIdentity } from "./identity.ts";
import { unwrap, type WrapContext, type WrapHolder } from "./key-wrap.ts";
import type { EpochSecret, SpaceSecrets } from "./network-file.ts";
import { RootKey } from "./root-key.ts";
import {
  decodeLifeSecrets,
  epochSecretOf,
  type LifeSecrets,
  openPreviousEpoch,
} from "./space-secrets-codec.ts";

/** The keys of a space that somebody holds by the membership log. */
export interface OpenedSpace extends SpaceSecrets {
  /**
   * Whether `currentEpoch` is the one that the log says is current. Where it is not, nothing may be sealed until a grant
   * of that one arrives: somebody who was removed may know this one.
   */
  readonly isCurrent: boolean;
}

/**
 * The spaces whose keys were wrapped to a node, or to the recovery key of the root, with every epoch that follows from
 * what it was given. A wrap that does not open, or holds other secrets than its id commits to, is passed over: its issuer
 * may be broken or hostile, and others may have granted the same. Epochs are in the order of the log.
 */
export function openSpaces(state: MembershipState, holder: NodeIdentity | RootKey): OpenedSpace[] {
  const recipient = holder instanceof RootKey ? "recovery" : holder.peerId;
  return [...state.spaces.values()].flatMap((space) => {
    const opener = new WrapOpener({ network: state.networkId, space: space.id, recipient, holder });
    const opened = openSpace(space, opener, recipient);
    return opened === undefined ? [] : [opened];
  });
}

function openSpace(space: SpaceState, opener: WrapOpener, recipient: WrapRecipient): OpenedSpace | undefined {
  const wraps = space.wrapsFor(recipient);
  const life = firstOf(wraps.life, (wrap) => opener.life(wrap));
  if (life === undefined) return undefined;
  const found = new Map<EpochId, EpochSecret>();
  // From the latest on, so that what one gives by itself is not unwrapped as well.
  for (const epoch of space.epochs.toReversed()) {
    const own = wraps.epochs.filter((wrap) => wrap.epoch === epoch.id);
    const secret = found.get(epoch.id) ?? firstOf(own, ({ wrap }) => opener.epoch(epoch.id, wrap));
    if (secret === undefined) continue;
    found.set(epoch.id, secret);
    for (const previous of epoch.previous) {
      const earlier = found.has(previous.epoch)
        ? undefined
        : attempt(() => openPreviousEpoch(space.id, secret, previous));
      if (earlier !== undefined) found.set(earlier.id, earlier);
    }
  }
  const listed = space.epochs.flatMap((epoch) => found.get(epoch.id) ?? []);
  // Reached from a later one, though the record that began it does not count.
  const others = [...found.values()].filter((epoch) => !listed.includes(epoch));
  const epochs = [...others, ...listed];
  const currentEpoch = space.latestEpochs.find((id) => found.has(id)) ?? epochs.at(-1)?.id;
  if (currentEpoch === undefined) return undefined;
  return { ...life, epochs, currentEpoch, isCurrent: currentEpoch === space.currentEpoch };
}

/** Opens wraps of one space for one recipient; undefined where one does not hold what it says. */
class WrapOpener {
  readonly #holder: WrapHolder;
  readonly #context: Omit<WrapContext, "holds">;

  constructor(parts: {
    readonly network: NetworkId;
    readonly space: SpaceId;
    readonly recipient: WrapRecipient;
    readonly holder: WrapHolder;
  }) {
    const { holder, ...context } = parts;
    this.#holder = holder;
    this.#context = context;
  }

  life(wrap: Uint8Array): LifeSecrets | undefined {
    return attempt(() => {
      const bytes = unwrap(this.#holder, { ...this.#context, holds: "life" }, wrap);
      return decodeLifeSecrets(bytes, this.#context.space);
    });
  }

  epoch(id: EpochId, wrap: Uint8Array): EpochSecret | undefined {
    return attempt(() => {
      const bytes = unwrap(this.#holder, { ...this.#context, holds: id }, wrap);
      return epochSecretOf(this.#context.space, id, bytes);
    });
  }
}

function firstOf<T, R>(items: readonly T[], open: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const opened = open(item);
    if (opened !== undefined) return opened;
  }
  return undefined;
}

function attempt<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof GstoreError) return undefined;
    throw error;
  }
}
