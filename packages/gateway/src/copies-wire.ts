import type { Whereabouts } from "@gstore/server";
import type { WhereisAnswer } from "./copies-wire-types.ts";
import { rfc3339 } from "./wire.ts";

/** Where copies are, in the form the HTTP API sends it. */

export function whereisAnswer({ members, ...rest }: Whereabouts): WhereisAnswer {
  return {
    ...rest,
    members: members.map(({ peer, name, state, proof, isPlaced, lastSeenMs }) => ({
      ...{ id: peer, name, state, proof, placed: isPlaced },
      lastSeen: timeOrNull(lastSeenMs),
    })),
  };
}

export function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : rfc3339(ms);
}
