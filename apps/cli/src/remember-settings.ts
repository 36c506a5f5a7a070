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
    return stringify(merged(config, settings));
  const before = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const textOf = (wanted: boolean): string => {
    const some = Object.entries(settings).filter(([, value]) => isTable(value) === wanted);
    return some.length === 0 ? "" : stringify(Object.fromEntries(some));
  };
  const rest = before === "" || before.endsWith("\n") ? before : `${before}\n`;
  // Values in front, since behind a table they would belong to that; and a table would take what stands behind it.
  return [textOf(false) + rest, textOf(true)].filter((part) => part !== "").join("\n");
}

/** A table's settings that are not named stay. */
function merged(config: Config, settings: Config): object {
  const before = config as Record<string, unknown>;
  const changed = Object.entries(settings).map(([key, value]) => {
    const known = before[key];
    return [key, isTable(value) && isTable(known) ? { ...known, ...value } : value];
  });
  return { ...config, ...Object.fromEntries(changed) };
}

function isTable(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
