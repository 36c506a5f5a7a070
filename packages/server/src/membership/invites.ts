import { readFile } from "node:fs/promises";
import { type Clock, GstoreError, type Random, ROLES, type Role, type SpaceId } from "@gstore/core";
import { type InviteKeys, inviteKeys } from "@gstore/crypto";
import { writeFileSynced } from "../synced-file.ts";

/** Invitations that a node keeps; used up and expired ones are dropped. */
const INVITES_MAX = 1000;
const SECRET_BYTES = 16;

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

interface KeptInvite extends Invite {
  readonly proofKey: string;
}

/** The invitations that this node issued, in a file that is synced before any of them counts or is counted down. */
export class Invites {
  readonly #path: string;
  readonly #clock: Clock;
  #invites: KeptInvite[];
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, clock: Clock, invites: KeptInvite[]) {
    this.#path = path;
    this.#clock = clock;
    this.#invites = invites;
  }

  static async open(path: string, clock: Clock): Promise<Invites> {
    return new Invites(path, clock, await readInvites(path));
  }

  /** Those that can still be redeemed. */
  list(): Invite[] {
    const now = this.#clock.now();
    return this.#invites
      .filter((invite) => isOpen(invite, now))
      .map(({ proofKey: _proofKey, ...invite }) => invite);
  }

  /** Makes an invitation; resolves with its secret once it is synced. */
  async create(
    given: Pick<Invite, "role" | "spaces" | "expiresMs" | "uses">,
    random: Random,
  ): Promise<{ invite: Invite; secret: Uint8Array }> {
    if (this.list().length >= INVITES_MAX)
      throw new GstoreError("TOO_LARGE", `There are ${INVITES_MAX} open invitations; withdraw some.`);
    const secret = random.bytes(SECRET_BYTES);
    const { id, proofKey } = inviteKeys(secret);
    const invite: Invite = { id: hex(id), ...given, usesLeft: given.uses, createdMs: this.#clock.now() };
    await this.#change((invites) => [...invites, { ...invite, proofKey: hex(proofKey) }]);
    return { invite, secret };
  }

  /** Withdraws an invitation. Rejects with `INVALID_ARGUMENT` where there is none. */
  async withdraw(id: string): Promise<void> {
    if (!this.#invites.some((invite) => invite.id === id)) {
      throw new GstoreError("INVALID_ARGUMENT", `There is no invitation ${id} on this node.`);
    }
    await this.#change((invites) => invites.filter((invite) => invite.id !== id));
  }

  /** The keys that a redemption is checked with; undefined for an invitation that is not (or no more) open. */
  keysOf(id: string): InviteKeys | undefined {
    const invite = this.#invites.find((one) => one.id === id);
    if (invite === undefined || !isOpen(invite, this.#clock.now())) return undefined;
    return { id: Buffer.from(invite.id, "hex"), proofKey: Buffer.from(invite.proofKey, "hex") };
  }

  /**
   * Takes one use; resolves once that is synced. Rejects with `REQUEST_REFUSED` where none is left: of any number of
   * calls at once as many succeed as there are uses.
   */
  async use(id: string): Promise<Invite> {
    let used: Invite | undefined;
    await this.#change((invites) =>
      invites.map((invite) => {
        if (invite.id !== id || !isOpen(invite, this.#clock.now())) return invite;
        used = { ...invite, usesLeft: invite.usesLeft - 1 };
        return { ...invite, usesLeft: invite.usesLeft - 1 };
      }),
    );
    if (used === undefined) throw usedUp();
    return used;
  }

  /** One change after the other, each synced before it counts. */
  #change(change: (invites: KeptInvite[]) => KeptInvite[]): Promise<void> {
    const done = this.#writing.then(async () => {
      const now = this.#clock.now();
      const next = change(this.#invites).filter((invite) => isOpen(invite, now));
      await writeFileSynced(
        this.#path,
        Buffer.from(`${JSON.stringify({ version: 1, invites: next }, null, 2)}\n`),
      );
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

async function readInvites(path: string): Promise<KeptInvite[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  try {
    const { version, invites } = JSON.parse(text) as { version: unknown; invites: unknown };
    if (version === 1 && Array.isArray(invites) && invites.every(isKeptInvite)) return invites;
  } catch {
    // Told below.
  }
  throw new GstoreError(
    "KEY_FILE_INVALID",
    `The file of invitations ${path} is damaged. Without it open tickets are void: delete it to go on.`,
    { path },
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
    Number.isSafeInteger(invite.createdMs)
  );
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
