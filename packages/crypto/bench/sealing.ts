/**
 * Cost of sealing on one thread: node --conditions=@gstore/source bench/sealing.ts
 * Random bytes, codec none: hash, derive, seal, digest of the ciphertext; then opening.
 */

import { encodeChunk, SpaceKeys, type SpaceSecrets } from "../src/index.ts";
import { fixedBytes, fixedSecrets } from "../test/fixtures.ts";
import { report } from "./report.ts";

const keys = new SpaceKeys(fixedSecrets("bench").spaces[0] as SpaceSecrets);
for (const kib of [4, 64, 256, 1024]) {
  const bytes = fixedBytes("bench", kib * 1024);
  const plainSize = bytes.length;
  const { blob, secret } = keys.sealChunk({ bytes, codec: "none", plainSize });
  const name = `${kib} KiB`;
  report(`seal ${name}`, {
    bytes: plainSize,
    run: () => keys.sealChunk({ bytes, codec: "none", plainSize }),
  });
  report(`open ${name}`, { bytes: plainSize, run: () => keys.openChunk(blob, secret) });
  report(`encode ${name}, random`, { bytes: plainSize, run: () => encodeChunk(bytes) });
}
