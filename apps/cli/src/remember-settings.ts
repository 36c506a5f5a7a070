import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Config, loadNodeConfig } from "./config.ts";

/**
 * Adds settings to the config file of a node's folder, which is made if it is not there and is its owner's alone then. What
 * else the file sets stays; its comments stay where it sets none of these yet.
 */
export async function rememberSettings(dir: string, settings: Config): Promise<void> {
  const config = await loadNodeConfig(dir);
  const path = join(dir, "config.toml");
  const text = await textWith(path, config, settings);
  const temporary = `${path}.new`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
}

/** Adds addresses to `bootstrap`. As {@link rememberSettings}. */
export async function rememberBootstrap(dir: string, addresses: readonly string[]): Promise<void> {
  const { bootstrap = [] } = await loadNodeConfig(dir);
  await rememberSettings(dir, { bootstrap: [...new Set([...bootstrap, ...addresses])] });
}

async function textWith(path: string, config: Config, settings: Config): Promise<string> {
  const { stringify } = await import("smol-toml");
  if (Object.keys(settings).some((key) => Object.hasOwn(config, key)))
    return stringify({ ...config, ...settings });
  const before = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  // In front, since behind a table it would belong to that.
  return stringify(settings) + before;
}
