import { blank } from "./blank.ts";
import { lineAt, locate, type SourceFile } from "./source-file.ts";

export const LINES_MAX = 300;

/** Time and chance enter through the Clock and Random ports of core (invariant I8). */
const IMPURE =
  /(?<![\w$])(?:Date\s*\.\s*now|Math\s*\.\s*random|performance\s*\.\s*now|new\s+Date\s*\(\s*\))(?![\w$])|(?<![\w$.]|function\s)(?:globalThis\s*\.\s*)?(?:setTimeout|setInterval)(?![\w$?]*\s*:)(?![\w$])/g;

/** Exceptions to the rule above: the path of a file -> why it needs one. */
export type PurityAllowList = Readonly<Record<string, string>>;

/** Names a hand-written source file that is longer than LINES_MAX. */
export function checkLength(file: SourceFile): string[] {
  if (locate(file.path).kind !== "src" || /\.generated\.[mc]?tsx?$/.test(file.path)) return [];
  const lines = file.text.replace(/\n$/, "").split("\n").length;
  return lines > LINES_MAX ? [`${file.path}: ${lines} lines, at most ${LINES_MAX} are allowed`] : [];
}

/** Names each `export *`: an index lists each public name. */
export function checkExportStar(file: SourceFile): string[] {
  const code = blank(file.text, "comments-and-strings");
  return [...code.matchAll(/\bexport\s*(?:type\s*)?\*/g)].map(
    (match) => `${file.path}:${lineAt(code, match.index)}: export * hides what is public; list the names`,
  );
}

/** Names each use of the real clock, timers or random numbers outside core, tests and apps. */
export function checkPurity(file: SourceFile, allowed: PurityAllowList): string[] {
  const { folder, kind, isApp } = locate(file.path);
  if (isApp || kind !== "src" || folder === "packages/core" || file.path in allowed) return [];
  const code = blank(file.text, "comments-and-strings");
  const found = [...code.matchAll(IMPURE)].map(({ index, 0: text }) => ({ index, text }));
  const timers = [
    ...blank(file.text, "comments").matchAll(/\bfrom\s*["'](node:)?timers(?:\/promises)?["']/g),
  ];
  for (const { index } of timers) found.push({ index, text: "node:timers" });
  return found.map(
    ({ index, text }) =>
      `${file.path}:${lineAt(code, index)}: ${text}: take Clock and Random from the context`,
  );
}

/** Names each exception that no file needs any longer, or that gives no reason. */
export function checkAllowList(allowed: PurityAllowList, files: readonly SourceFile[]): string[] {
  return Object.entries(allowed).flatMap(([path, reason]) => {
    if (reason.trim() === "") return [`${path}: its exception has no reason`];
    const file = files.find((candidate) => candidate.path === path);
    return file && checkPurity(file, {}).length > 0 ? [] : [`${path}: needs its exception no longer`];
  });
}
