import { type TUnsafe, Type } from "typebox";
import type { DiscoveryRecord } from "./status-wire-types.ts";

const text = Type.String();
const count = Type.Integer();
const reached = Type.Unsafe<string>({ type: "string", enum: ["unknown", "yes", "no"] });

const dht = Type.Object({
  ...{ members: count, holderRecords: count, lookups: count, found: count, asked: count, answered: count },
  refused: Type.Object({
    ...{ record: count, stranger: count, surplus: count, unreachable: count, address: count },
  }),
});

const schema = Type.Object({
  addressesKnown: count,
  refusedRecords: Type.Object({
    ...{ malformed: count, foreign: count, outdated: count, stranger: count, forged: count },
  }),
  reach: Type.Object({
    ...{ reached, relays: Type.Array(Type.Object({ id: text, name: text })) },
    ...{ places: count, relayed: count, refused: count, punchesTried: count, punchesMade: count },
    turnedAway: count,
    forwardedPort: Type.Union([Type.Number(), Type.Null()]),
  }),
  holders: Type.Object({ versions: count, told: count, lookups: count, found: count, refuted: count }),
  dht: Type.Union([dht, Type.Null()]),
});

export const discoverySchema: TUnsafe<DiscoveryRecord> = Type.Unsafe<DiscoveryRecord>(schema);
