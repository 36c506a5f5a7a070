import type { StoreOutcome } from "@gstore/p2p";

/** An entry as tests speak of it. Its bytes and blobs stay with the hostile peer, under its id. */
export interface EntryNote {
  readonly id: string;
  readonly author: string;
  readonly seq: number;
  readonly space: string;
  readonly keyId: string;
  /** Digest of its content's root; null for a removal and an empty file. */
  readonly root: string | null;
}

export interface LogNote {
  readonly members: readonly { readonly peer: string; readonly name: string; readonly role: string }[];
  readonly removed: readonly string[];
  readonly heads: readonly string[];
  /** Every space in the log, with the epochs whose secrets were given to this member. */
  readonly spaces: readonly {
    readonly id: string;
    readonly name: string | null;
    readonly epochs: readonly string[];
    readonly currentEpoch: string | null;
  }[];
}

/** An operation of the membership log to be signed. `space` is an id; what is left out is made up. */
export type Deed =
  | { readonly op: "admit"; readonly member: string; readonly role?: string; readonly name?: string }
  | { readonly op: "remove"; readonly member: string }
  | { readonly op: "changeRole"; readonly member: string; readonly role: string }
  | { readonly op: "createSpace" }
  | { readonly op: "epoch" | "grant"; readonly space: string; readonly member?: string }
  | { readonly op: "recovery" };

type As = { readonly as: string };
type To = As & { readonly to: string };

/** What the hostile peer can be told to do: arguments and result of each, all of them JSON. `as` says as whom. */
export interface HostileOps {
  /** Redeems a ticket as `gstore join` does, and starts as the member it became. */
  join(args: As & { readonly ticket: string; readonly dir: string }): { id: string; address: string };
  /**
   * Starts as a new identity with a certificate that is not worth what it says: by a root of its own for a network of its
   * own, or for the one that `of` is in; that of `of`, which is another's; by `of`, who may be no admin (any more).
   */
  pretend(
    args: As & { readonly of?: string; readonly with: "own network" | "own root" | "borrowed" | "issued" },
  ): { id: string; address: string };
  connect(args: As & { readonly address: string }): { peer: string };
  /** Resolves once no connection to the peer is left. */
  gone(args: As & { readonly peer: string }): null;
  /** Learns the log from a node. */
  log(args: To): LogNote;
  /** Hands all that one member knows of the log to another, as friends do. */
  tell(args: As & { readonly from: string }): LogNote;
  /** The name that an entry seals, with all the keys it was ever given. Rejects where none opens it. */
  open(args: As & { readonly entry: string }): string;
  /** Answers nothing from now on. */
  hush(args: As): null;
  /** Asks for all entries and for a blob, over and over until the connection is gone: how often each ended how. */
  hammer(args: To & { readonly space: string; readonly digest: string }): Readonly<Record<string, number>>;
  /** Signs an entry. `space` is a name whose keys it has, or an id for which it makes up what it can't seal. */
  write(
    args: As & {
      readonly space: string;
      readonly key: string;
      readonly text: string;
      /** In whose name; with a signature that is not that one's. */
      readonly author?: string;
      /** The heads it states; by default those it knows. */
      readonly heads?: readonly string[];
      readonly seq?: number;
      readonly prev?: string | null;
      readonly timeMs?: number;
      /** As the first of a new incarnation. */
      readonly anew?: boolean;
    },
  ): EntryNote & { readonly blobs: readonly string[] };
  announce(
    args: To & { readonly entries: readonly string[]; readonly hold?: boolean; readonly blobs?: boolean },
  ): readonly StoreOutcome[];
  /** Gives these to who syncs with it from now on. */
  offer(args: As & { readonly entries: readonly string[] }): null;
  /** Pulls all entries of a node, and keeps them. */
  sync(args: To): readonly EntryNote[];
  heads(args: To & { readonly space: string; readonly keyId: string }): readonly string[];
  have(args: To & { readonly space: string; readonly digests: readonly string[] }): readonly boolean[];
  /** Pushes blobs it has by a bulk transfer; how many were said to be synced. */
  push(args: To & { readonly space: string; readonly digests: readonly string[] }): number;
  /** Fetches blobs by a bulk transfer: bytes in base64, null where they are not there. */
  fetch(
    args: To & { readonly space: string; readonly digests: readonly string[] },
  ): readonly (string | null)[];
  /** Fetches a blob, and leaves the transfer open. */
  openBulk(args: To & { readonly space: string; readonly digest: string }): null;
  /** The code of the error that ended that transfer, once it has ended. */
  bulkEnd(args: To): string;
  /** Signs records, each after the one before; the first after `parents`, by default the heads it knows. */
  issue(
    args: As & {
      readonly deeds: readonly Deed[];
      readonly parents?: readonly string[];
      /** Signed by a key that nobody knows. */
      readonly byThrowaway?: boolean;
    },
  ): readonly string[];
  pushMembers(args: To & { readonly records: readonly string[] }): null;
  /** Digests of records that the certificate consists of: what it knew when it joined. */
  certificate(args: As): readonly string[];
}

export type HostileOp = keyof HostileOps;
