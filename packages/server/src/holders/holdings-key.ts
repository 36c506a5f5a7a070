import { type Digest, digestOf, type SpaceId } from "@gstore/core";

const TAG = "gstore holds more of a space v1\0";

/** Under what a node tells that it has more versions of a space than it tells one by one, beyond what the placement says. */
export function moreOfSpace(space: SpaceId): Digest {
  return digestOf(Buffer.from(TAG + space));
}
