/**
 * Cost of signing and verifying entries on one thread, alone and in batches:
 *   node --conditions=@gstore/source bench/signatures.ts
 */
import { decodeEntry, type EntryBody, type PlacementId } from "@gstore/core";
import { EntryVerifier, SpaceKeys, type SpaceSecrets, signEntries } from "../src/index.ts";
import { bodyOf, fixedIdentity, fixedRandom, fixedSecrets } from "../test/fixtures.ts";
import { report } from "./report.ts";

const author = fixedIdentity("bench");
const keys = new SpaceKeys(fixedSecrets("bench").spaces[0] as SpaceSecrets, fixedRandom("bench"));
const body = bodyOf(author, keys);
const bodies = Array.from({ length: 1024 }, (_, index): EntryBody => {
  return { ...body, placement: index.toString(16).padStart(32, "0") as PlacementId };
});

for (const size of [1, 16, 128, 1024]) {
  const batch = bodies.slice(0, size);
  const received = signEntries(batch, author).map((entry) => entry.bytes);
  process.stdout.write(`batch of ${size}: ${received[0]?.length} bytes an entry\n`);
  report("  encode and sign", { items: size, run: () => signEntries(batch, author) });
  report("  decode", { items: size, run: () => received.map(decodeEntry) });
  const entries = received.map(decodeEntry);
  report("  verify", {
    items: size,
    run: () => {
      const verifier = new EntryVerifier();
      for (const entry of entries) verifier.verify(entry);
    },
  });
  report("  decode and verify", {
    items: size,
    run: () => {
      const verifier = new EntryVerifier();
      for (const bytes of received) verifier.verify(decodeEntry(bytes));
    },
  });
}
