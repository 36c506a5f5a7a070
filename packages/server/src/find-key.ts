import {
  type ErrorCode,
  GstoreError,
  isGstoreError,
  LOOKUP_TIMEOUT_MS,
  type NamedRecord,
  type PeerNetwork,
} from "@gstore/core";
import { decodeGetFileAnswer, encodeGetFile } from "@gstore/p2p";
import type { KeyNames } from "./key-names.ts";
import type { Members } from "./membership/members.ts";
import type { OpenSpace } from "./membership/spaces.ts";
import type { PeerSync } from "./replication/peer-sync.ts";

export interface FindKeyDependencies {
  readonly names: KeyNames;
  readonly network: PeerNetwork;
  readonly members: Members;
  readonly sync: PeerSync;
}

/**
 * A key's record: from here, or else after asking every connected member. Rejects with `KEY_NOT_FOUND` when every member
 * answered that there is none, with `NO_HOLDER_REACHABLE` when some could not be asked.
 */
export async function findKey(
  dependencies: FindKeyDependencies,
  space: OpenSpace,
  key: string,
  signal?: AbortSignal,
): Promise<NamedRecord> {
  const look = async () => dependencies.names.get(space.id, key);
  const sought = { key, what: `key ${JSON.stringify(key)}`, code: "KEY_NOT_FOUND" } as const;
  return await findHereOrAsk(dependencies, space, { ...sought, look, signal });
}

/** Something of a key that may be unknown here, or not known yet. */
export interface Sought<T> {
  readonly key: string;
  /** For people. */
  readonly what: string;
  /** Where every member answered that there is none. */
  readonly code: ErrorCode;
  readonly look: () => Promise<T | undefined>;
  readonly signal: AbortSignal | undefined;
}

/** What `look` finds here, or else finds after every connected member was asked for news of the key. */
export async function findHereOrAsk<T>(
  dependencies: FindKeyDependencies,
  space: OpenSpace,
  { key, what, code, look, signal }: Sought<T>,
): Promise<T> {
  const { network, members } = dependencies;
  const known = await look();
  if (known !== undefined) return known;
  const answered = await askPeers(dependencies, space, key, signal);
  const found = await look();
  if (found !== undefined) return found;
  const others = members.all().filter(({ peer }) => peer !== network.self);
  const silent = others.filter(({ peer }) => !answered.has(peer));
  if (silent.length === 0) throw new GstoreError(code, `There is no ${what}.`, { key });
  const who = silent
    .map(({ name }) => name)
    .slice(0, 5)
    .join(", ");
  throw new GstoreError(
    "NO_HOLDER_REACHABLE",
    `The ${what} is not known here, and ${silent.length} of ${others.length} other members could not be asked: ${who}. Try again when they are up.`,
    { key, retryable: true },
  );
}

/** Asks all connected members at once; who has something newer is synced with. Gives those that answered. */
async function askPeers(
  { names, network, members, sync }: FindKeyDependencies,
  space: OpenSpace,
  key: string,
  signal?: AbortSignal,
): Promise<Set<string>> {
  const question = encodeGetFile({ space: space.id, keyId: space.keys.keyIdOf(key) });
  const answered = new Set<string>();
  const options = { timeoutMs: LOOKUP_TIMEOUT_MS, ...(signal && { signal }) };
  const connected = network.peers().filter(({ peer }) => members.get(peer) !== undefined);
  await Promise.all(
    connected.map(async ({ peer }) => {
      try {
        const heads = decodeGetFileAnswer(await network.request(peer, "entries", question, options));
        if (heads.length > 0) {
          await sync.pull(peer);
          await names.refresh();
        }
        answered.add(peer);
      } catch (error) {
        if (signal?.aborted || !isGstoreError(error)) throw error;
      }
    }),
  );
  return answered;
}
