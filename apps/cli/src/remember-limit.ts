import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Config, loadNodeConfig } from "./config.ts";

/**
 * Sets a limit in the config file of a node's folder, which is made if it is not there and is its owner's alone then. What
 * else the file sets stays; its comments stay where it has no `[limit]` yet.
 */
export async function rememberLimit(dir: string, limit: NonNullable<Config["limit"]>): Promise<void> {
  const config = await loadNodeConfig(dir);
  const path = join(dir, "config.toml");
  const text = await textWith(path, config, limit);
  const temporary = `${path}.new`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
}

async function textWith(path: string, config: Config, limit: NonNullable<Config["limit"]>): Promise<string> {
  const { stringify } = await import("smol-toml");
  if (config.limit !== undefined) return stringify({ ...config, limit: { ...config.limit, ...limit } });
  const before = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const gap = before === "" ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  return `${before}${gap}${stringify({ limit })}`;
}
