import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Config, loadNodeConfig } from "./config.ts";

/**
 * Adds addresses to `bootstrap` in the config file of a node's folder, which is made if it is not there and is its owner's
 * alone then. What else the file sets stays; its comments stay where it has no `bootstrap` yet.
 */
export async function rememberBootstrap(dir: string, addresses: readonly string[]): Promise<void> {
  const config = await loadNodeConfig(dir);
  const path = join(dir, "config.toml");
  const text = await textWith(path, config, addresses);
  const temporary = `${path}.new`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
}

async function textWith(path: string, config: Config, addresses: readonly string[]): Promise<string> {
  const { stringify } = await import("smol-toml");
  const { bootstrap = [] } = config;
  const added = { bootstrap: [...new Set([...bootstrap, ...addresses])] };
  if (config.bootstrap !== undefined) return stringify({ ...config, ...added });
  const before = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  // In front, since behind a table it would belong to that.
  return stringify(added) + before;
}
