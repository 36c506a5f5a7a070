import {
  type Clock,
  GstoreError,
  type NetworkId,
  type PeerId,
  parsePeerId,
  type Random,
  ROLES,
  type Role,
  type SpaceId,
} from "@gstore/core";
import { type InviteKeys, inviteKeys } from "@gstore/crypto";
import type { SyncedFile } from "../synced-file.ts";

/** Open invitations that a node keeps. */
const INVITES_MAX = 1000;
const SECRET_BYTES = 16;
/** Redemptions that a node remembers, the latest, and for how long (ms): who lost the answer asks again within minutes. */
const REDEMPTIONS_MAX = 1000;
const REDEMPTION_MEMORY_MS = 7 * 24 * 60 * 60 * 1000;

/** An invitation, as its issuer keeps it: the ticket's secret itself is not kept. */
export interface Invite {
  readonly id: string;
  readonly role: Role;
  /** Spaces the role will hold in; null for all. */
  readonly spaces: readonly SpaceId[] | null;
  /** Null for never. */
  readonly expiresMs: number | null;
  readonly uses: number;
  readonly usesLeft: number;
  readonly createdMs: number;
}

/** Who took a use of an invitation, and when. */
interface Redemption {
  readonly peer: PeerId;
  readonly atMs: number;
}

interface KeptInvite extends Invite {
  readonly proofKey: string;
  readonly redeemed: readonly Redemption[];
}

/**
 * The invitations that this node issued, in a file that is synced before any of them counts or is counted down. One that
 * is used up or expired stays until its redemptions are forgotten: who took a use may ask again.
 */
export class Invites {
  readonly #file: SyncedFile;
  readonly #clock: Clock;
  #invites: KeptInvite[];
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(file: SyncedFile, clock: Clock, invites: KeptInvite[]) {
    this.#file = file;
    this.#clock = clock;
    this.#invites = invites;
  }

  static async open(file: SyncedFile, clock: Clock): Promise<Invites> {
    return new Invites(file, clock, await readInvites(file));
  }

  /** Those that can still be redeemed. */
  list(): Invite[] {
    const now = this.#clock.now();
    return this.#invites
      .filter((invite) => isOpen(invite, now))
      .map(({ proofKey: _proofKey, redeemed: _redeemed, ...invite }) => invite);
  }

  /** Makes an invitation; resolves with its secret once it is synced. */
  async create(
    given: Pick<Invite, "role" | "spaces" | "expiresMs" | "uses">,
    { networkId, random }: { readonly networkId: NetworkId; readonly random: Random },
  ): Promise<{ invite: Invite; secret: Uint8Array }> {
    if (this.list().length >= INVITES_MAX)
      throw new GstoreError("TOO_LARGE", `There are ${INVITES_MAX} open invitations; withdraw some.`);
    const secret = random.bytes(SECRET_BYTES);
    const { id, proofKey } = inviteKeys(secret, networkId);
    const invite: Invite = { id: hex(id), ...given, usesLeft: given.uses, createdMs: this.#clock.now() };
    await this.#change((invites) => [...invites, { ...invite, proofKey: hex(proofKey), redeemed: [] }]);
    return { invite, secret };
  }

  /** Withdraws an invitation, for those too who took a use of it. Rejects with `INVALID_ARGUMENT` where it is not open. */
  async withdraw(id: string): Promise<void> {
    if (!this.list().some((invite) => invite.id === id)) {
      throw new GstoreError("INVALID_ARGUMENT", `There is no invitation ${id} on this node.`);
    }
    await this.#change((invites) => invites.filter((invite) => invite.id !== id));
  }

  /** The keys that a redemption is checked with; undefined for an invitation that is neither open nor remembered. */
  keysOf(id: string): InviteKeys | undefined {
    const invite = this.#find(id);
    if (invite === undefined || !isKept(invite, this.#clock.now())) return undefined;
    return { id: Buffer.from(invite.id, "hex"), proofKey: Buffer.from(invite.proofKey, "hex") };
  }

  /** Whether a peer has taken a use of an invitation. */
  isUsedBy(id: string, peer: PeerId): boolean {
    return this.#find(id)?.redeemed.some((redemption) => redemption.peer === peer) ?? false;
  }

  /**
   * Takes one use for a peer; resolves once that is synced. Of any number of peers at once as many succeed as there are
   * uses, and the others are rejected with `REQUEST_REFUSED`. A peer that has taken a use takes no other.
   */
  async use(id: string, peer: PeerId): Promise<Invite> {
    let used: Invite | undefined;
    await this.#change((invites) =>
      invites.map((invite) => {
        if (invite.id !== id) return invite;
        if (invite.redeemed.some((redemption) => redemption.peer === peer)) used = invite;
        const now = this.#clock.now();
        if (used !== undefined || !isOpen(invite, now)) return invite;
        const redeemed = [...invite.redeemed, { peer, atMs: now }];
        const counted = { ...invite, usesLeft: invite.usesLeft - 1, redeemed };
        used = counted;
        return counted;
      }),
    );
    if (used === undefined) throw usedUp();
    return used;
  }

  #find(id: string): KeptInvite | undefined {
    return this.#invites.find((invite) => invite.id === id);
  }

  /** One change after the other, each synced before it counts. */
  #change(change: (invites: KeptInvite[]) => KeptInvite[]): Promise<void> {
    const done = this.#writing.then(async () => {
      const now = this.#clock.now();
      const next = forgetRedemptions(change(this.#invites), now).filter((invite) => isKept(invite, now));
      await this.#file.replace(Buffer.from(`${JSON.stringify({ version: 1, invites: next }, null, 2)}\n`));
      this.#invites = next;
    });
    this.#writing = done.catch(() => {});
    return done;
  }
}

export function usedUp(): GstoreError {
  return new GstoreError(
    "REQUEST_REFUSED",
    "The ticket was used up, withdrawn or has expired. Ask for another one.",
  );
}

function isOpen(invite: Invite, now: number): boolean {
  return invite.usesLeft > 0 && (invite.expiresMs === null || now < invite.expiresMs);
}

function isKept(invite: KeptInvite, now: number): boolean {
  return isOpen(invite, now) || invite.redeemed.some(({ atMs }) => now - atMs < REDEMPTION_MEMORY_MS);
}

/** Drops the redemptions that are too old, and of all together the oldest that are too many. */
function forgetRedemptions(invites: readonly KeptInvite[], now: number): KeptInvite[] {
  const times = invites.flatMap(({ redeemed }) => redeemed.map(({ atMs }) => atMs));
  const latest = times.sort((left, right) => right - left)[REDEMPTIONS_MAX] ?? Number.NEGATIVE_INFINITY;
  const isRemembered = ({ atMs }: Redemption) => atMs > latest && now - atMs < REDEMPTION_MEMORY_MS;
  return invites.map((invite) => ({ ...invite, redeemed: invite.redeemed.filter(isRemembered) }));
}

async function readInvites(file: SyncedFile): Promise<KeptInvite[]> {
  const bytes = await file.read();
  if (bytes === null) return [];
  try {
    const { version, invites } = JSON.parse(Buffer.from(bytes).toString()) as {
      version: unknown;
      invites: unknown;
    };
    if (version === 1 && Array.isArray(invites) && invites.every(isKeptInvite)) return invites;
  } catch {
    // Told below.
  }
  throw new GstoreError(
    "KEY_FILE_INVALID",
    `The file of invitations ${file.path} is damaged. Without it open tickets are void: delete it to go on.`,
    { path: file.path },
  );
}

function isKeptInvite(value: unknown): value is KeptInvite {
  const invite = value as Record<keyof KeptInvite, unknown>;
  return (
    typeof invite?.id === "string" &&
    /^[0-9a-f]{32}$/.test(invite.id) &&
    typeof invite.proofKey === "string" &&
    /^[0-9a-f]{64}$/.test(invite.proofKey) &&
    typeof invite.role === "string" &&
    invite.role in ROLES &&
    (invite.spaces === null || Array.isArray(invite.spaces)) &&
    (invite.expiresMs === null || Number.isSafeInteger(invite.expiresMs)) &&
    Number.isSafeInteger(invite.uses) &&
    Number.isSafeInteger(invite.usesLeft) &&
    Number.isSafeInteger(invite.createdMs) &&
    Array.isArray(invite.redeemed) &&
    invite.redeemed.every(isRedemption)
  );
}

function isRedemption(value: unknown): value is Redemption {
  const redemption = value as Record<keyof Redemption, unknown>;
  if (typeof redemption?.peer !== "string" || !Number.isSafeInteger(redemption.atMs)) return false;
  parsePeerId(redemption.peer);
  return true;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
