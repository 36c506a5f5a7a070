import { posix } from "node:path";
import { blank } from "./blank.ts";
import { lineAt, locate, type SourceFile } from "./source-file.ts";

/**
 * The import table, layers.json: the name of a package -> names of the packages it may import. A row `name/test` says what
 * its tests may import besides: a hostile peer, say, speaks the protocol by itself.
 */
export type Layers = Readonly<Record<string, readonly string[]>>;

const SCOPE = "@gstore/";
const SPECIFIER = /\b(?:from|import|require\.resolve|require|resolve)\s*\(?\s*(["'`])([^"'`\n]+)\1/g;

/** Names each import that the table does not allow, or that leaves its package by a relative path. */
export function checkImports(file: SourceFile, layers: Layers): string[] {
  const { name, folder, kind } = locate(file.path);
  const row = layers[name];
  if (!row) return [`${file.path}: ${name} has no row in layers.json`];
  const allowed = new Set([name, ...row, ...(kind === "src" ? [] : testHelp(name, layers))]);
  const code = blank(file.text, "comments");
  return [...code.matchAll(SPECIFIER)].flatMap((match) => {
    const specifier = match[2] ?? "";
    const where = `${file.path}:${lineAt(code, match.index)}`;
    if (specifier.startsWith(".")) {
      const target = posix.join(posix.dirname(file.path), specifier);
      return target.startsWith(`${folder}/`) ? [] : [`${where}: "${specifier}" leaves the package`];
    }
    const imported = packageName(specifier);
    if (imported === undefined || allowed.has(imported)) return [];
    return [`${where}: ${name} must not import ${specifier} (layers.json)`];
  });
}

/** Names each dependency among our packages that a package.json declares and the table does not allow. */
export function checkDependencies(
  manifest: { dependencies?: Record<string, string>; devDependencies?: Record<string, string> },
  { name, layers }: { name: string; layers: Layers },
): string[] {
  const row = layers[name];
  if (!row) return [`${name} has no row in layers.json`];
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  return declared.flatMap((dependency) => {
    const imported = packageName(dependency);
    const isAllowed = imported === undefined || row.includes(imported);
    const isTestHelp =
      imported !== undefined &&
      testHelp(name, layers).includes(imported) &&
      !manifest.dependencies?.[dependency];
    return isAllowed || isTestHelp
      ? []
      : [`${name}/package.json: must not depend on ${dependency} (layers.json)`];
  });
}

/** What only a package's tests may import. */
function testHelp(name: string, layers: Layers): readonly string[] {
  return ["testing", ...(layers[`${name}/test`] ?? [])];
}

/** Our name for what an import names: `cas` for `@gstore/cas/x`; undefined for others' packages. Nobody can import an app: it has no exports. */
function packageName(specifier: string): string | undefined {
  return specifier.startsWith(SCOPE) ? specifier.slice(SCOPE.length).split("/")[0] : undefined;
}
