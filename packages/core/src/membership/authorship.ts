import type { Digest } from "../digest.ts";
import type { AuthorCut, Removal, RoleChange } from "../formats/membership-operation.ts";
import type { EntryId, Incarnation, PeerId, SpaceId } from "../ids.ts";
import type { MembershipDag, Past, PlacedRecord } from "./membership-dag.ts";
import { isWithin, type Standing, type Standings } from "./standing.ts";
import type { Verdict } from "./verdicts.ts";

/** What decides whether an entry counts. */
export interface Authorship {
  readonly author: PeerId;
  readonly incarnation: Incarnation;
  readonly seq: number;
  readonly id: EntryId;
  readonly space: SpaceId;
  readonly membershipHeads: readonly Digest[];
}

/** `unknown`: records it was written under are not here yet. `no` may become `yes` when more records arrive, and the reverse. */
export type MayAuthor = "yes" | "no" | "unknown";

/** A removal or change of role that the author of an entry did not know of. */
interface Restriction {
  readonly index: number;
  readonly isOwn: boolean;
  readonly cut: ReadonlyMap<Incarnation, AuthorCut>;
}

/** As many (author, space, heads) as are in use at once, several times over. */
const REMEMBERED_MAX = 4096;

/** Which entries count, docs/spec/membership.md "Which entries count". */
export class AuthorRights {
  readonly #dag: MembershipDag;
  readonly #verdicts: readonly Verdict[];
  readonly #standings: Standings;
  readonly #creations = new Map<SpaceId, number[]>();
  readonly #remembered = new Map<string, MayAuthor | readonly Restriction[]>();

  constructor(dag: MembershipDag, verdicts: readonly Verdict[], standings: Standings) {
    this.#dag = dag;
    this.#verdicts = verdicts;
    this.#standings = standings;
    for (const { record, index } of dag.nodes) {
      const { operation } = record.body;
      // An overruled creation counts here: others have written to that space in good faith.
      if (operation.op !== "createSpace" || !["valid", "overruled"].includes(this.#status(index))) continue;
      this.#creations.set(operation.space, [...(this.#creations.get(operation.space) ?? []), index]);
    }
  }

  mayAuthor(entry: Authorship): MayAuthor {
    const found = this.#found(entry);
    if (typeof found === "string") return found;
    return isWithinCuts(entry, found, this.#dag) ? "yes" : "no";
  }

  /**
   * The last entries that count of an entry's incarnation, where its author was restricted since and this one is left: it
   * has to be one of them or an ancestor of one, which only who has the entries between can tell.
   */
  cutsOf(entry: Authorship): readonly AuthorCut[] {
    const found = this.#found(entry);
    if (typeof found === "string") return [];
    return found
      .filter((one) => isWithinCut(entry, one, found))
      .map((one) => one.cut.get(entry.incarnation) as AuthorCut);
  }

  #found(entry: Authorship): MayAuthor | readonly Restriction[] {
    const key = `${entry.author} ${entry.space} ${entry.membershipHeads.join(" ")}`;
    let found = this.#remembered.get(key);
    if (found === undefined) {
      found = this.#atHeads(entry);
      if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear();
      this.#remembered.set(key, found);
    }
    return found;
  }

  /** The answer, or the restrictions that the entry has to be within. */
  #atHeads({ author, space, membershipHeads }: Authorship): MayAuthor | readonly Restriction[] {
    const heads = membershipHeads.map((head) => this.#dag.indexOf(head));
    if (heads.includes(undefined)) return "unknown";
    const past = this.#dag.pastOfHeads(heads as number[]);
    const standing = this.#standings.of(author, past) as Standing | null;
    if (standing === null || !standing.isMember || !mayWrite(standing, space)) return "no";
    if (!(this.#creations.get(space) ?? []).some((index) => past.includes(index))) return "no";
    const restrictions = this.#restrictions(author, space, past);
    return restrictions.length === 0 ? "yes" : restrictions;
  }

  #restrictions(author: PeerId, space: SpaceId, past: Past): Restriction[] {
    const unknown = this.#standings
      .about(author)
      .filter((index) => this.#status(index) === "valid" && !past.includes(index))
      .map((index) => this.#dag.nodes[index] as PlacedRecord);
    return unknown.flatMap((node) => {
      const { operation } = node.record.body;
      if (operation.op === "admit" || (operation.op === "changeRole" && mayWrite(operation, space)))
        return [];
      const { cut } = operation as Removal | RoleChange;
      const isOwn = node.issuer === author;
      return [{ index: node.index, isOwn, cut: new Map(cut.map((one) => [one.incarnation, one])) }];
    });
  }

  #status(index: number): Verdict["status"] {
    return (this.#verdicts[index] as Verdict).status;
  }
}

/** Whether a role that holds in some spaces may write to this one. */
export function mayWrite(rights: Pick<Standing, "role" | "spaces">, space: SpaceId): boolean {
  return (rights.role === "admin" || rights.role === "writer") && isWithin([space], rights.spaces);
}

/** Whether a role that holds in some spaces may read this one; a vault holds ciphertext only. */
export function mayRead(rights: Pick<Standing, "role" | "spaces">, space: SpaceId): boolean {
  return rights.role !== "vault" && isWithin([space], rights.spaces);
}

/**
 * Whether each restriction leaves the entry, by its own cut or by that of one issued at the same time: who removed the
 * author without having heard of its last entries does not take back what others have accepted. An author's own cut
 * widens nobody else's.
 */
function isWithinCuts(entry: Authorship, restrictions: readonly Restriction[], dag: MembershipDag): boolean {
  const leaving = restrictions.filter((one) => isWithinCut(entry, one, restrictions));
  return restrictions.every((one) =>
    leaving.some((other) => other === one || (!other.isOwn && dag.areConcurrent(one.index, other.index))),
  );
}

function isWithinCut(entry: Authorship, restriction: Restriction, all: readonly Restriction[]): boolean {
  const cut = restriction.cut.get(entry.incarnation);
  if (cut === undefined || entry.seq > cut.seq) return false;
  if (entry.seq < cut.seq) return true;
  // An author that forked may have shown two removers two entries of one number: the lower counts, for both.
  const same = all.map((one) => one.cut.get(entry.incarnation)).filter((other) => other?.seq === cut.seq);
  return same.every((other) => entry.id <= (other as AuthorCut).entry) && entry.id === cut.entry;
}
