import { RootKey } from "./root-key.ts";
import { SecretFields } from "./secret-fields.ts";
import { readSecretFile, writeSecretFile } from "./secret-file.ts";

const ROOT_FILE = { format: "gstore network", version: 2, what: "The network file" } as const;
const SEED_BYTES = 32;

/** Writes a network's root key, mode 0600. Rejects with `ALREADY_INITIALISED` where the name is taken. */
export async function saveRootFile(path: string, root: RootKey): Promise<void> {
  const seed = root.exportSeed();
  const rootSeed = Buffer.from(seed).toString("hex");
  seed.fill(0);
  await writeSecretFile(path, ROOT_FILE, { networkId: root.networkId, rootSeed });
}

/** Reads what {@link saveRootFile} wrote; rejects as {@link import("./identity.ts").loadIdentity}. */
export async function loadRootFile(path: string): Promise<RootKey> {
  const fields = new SecretFields(await readSecretFile(path, ROOT_FILE), { path, what: ROOT_FILE.what });
  const networkId = fields.text("networkId");
  const root = new RootKey(fields.bytes("rootSeed", SEED_BYTES));
  fields.end();
  if (root.networkId !== networkId) fields.refuse("its network id does not belong to its root key");
  return root;
}
