import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** One TypeScript file of a workspace package. */
export interface SourceFile {
  /** From the repository's root, with forward slashes: `packages/cas/src/index.ts`. */
  readonly path: string;
  readonly text: string;
}

const SOURCE_FOLDERS = ["src", "test", "bench"];
/** Packages that are no folder of `packages` or `apps`; like apps, they are programs. */
const TOP_LEVEL = ["bench"];
const SKIPPED = new Set(["node_modules", "dist", "reports", ".turbo"]);

/** Reads every TypeScript file below `src`, `test` and `bench` of every package and app under `root`. */
export function readSourceFiles(root: string): SourceFile[] {
  return packageFolders(root).flatMap((folder) =>
    SOURCE_FOLDERS.flatMap((name) => walk(join(root, folder, name))).map((file) => ({
      path: relative(root, file).split(sep).join("/"),
      text: readFileSync(file, "utf8"),
    })),
  );
}

/** `packages/cas`, `apps/cli`, `bench` and so on, from the repository's root. */
export function packageFolders(root: string): string[] {
  const nested = ["packages", "apps"].flatMap((parent) =>
    readdirSync(join(root, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${parent}/${entry.name}`),
  );
  return [...nested, ...TOP_LEVEL.filter((folder) => existsSync(join(root, folder)))];
}

/** The folder `packages/cas`, `apps/cli` or `bench` that the file belongs to, and what it is there. */
export function locate(path: string): { folder: string; name: string; kind: string; isApp: boolean } {
  const [parent = "", name = "", kind = ""] = path.split("/");
  if (TOP_LEVEL.includes(parent)) return { folder: parent, name: parent, kind: name, isApp: true };
  return { folder: `${parent}/${name}`, name, kind, isApp: parent === "apps" };
}

/** The 1-based line of an offset in a text. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function walk(folder: string): string[] {
  let entries: import("node:fs").Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return entries.flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    if (entry.isDirectory()) return walk(join(folder, entry.name));
    return /\.[mc]?tsx?$/.test(entry.name) ? [join(folder, entry.name)] : [];
  });
}
