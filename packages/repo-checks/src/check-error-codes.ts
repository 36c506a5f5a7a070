import { blank } from "./blank.ts";

/** The keys of `export const ERROR_CODES = { ... }` in core's errors.ts; throws if it is not there. */
export function errorCodesOfSource(text: string): string[] {
  const code = blank(text, "comments");
  const body = /\bERROR_CODES\b[^=]*=\s*(?:Object\.freeze\(\s*)?\{([^{}]*)\}/.exec(code)?.[1];
  if (body === undefined) throw new Error("errors.ts has no ERROR_CODES = { ... }");
  return [...body.matchAll(/(?:^|[,\n])\s*["']?([A-Z][A-Z0-9_]*)["']?\s*:/g)].map((match) => match[1] ?? "");
}

/** The codes docs/errors.md describes: a heading of level 3, or a table row that starts with the code in backquotes. */
export function errorCodesOfDocs(text: string): string[] {
  return [...text.matchAll(/^(?:### `?([A-Z][A-Z0-9_]*)`?\s*$|\|\s*`([A-Z][A-Z0-9_]*)`\s*\|)/gm)].map(
    (match) => match[1] ?? match[2] ?? "",
  );
}

/** Names each code that only one of the two has, or that the document describes twice. A file that is not there is "". */
export function checkErrorCodes({ source, docs }: { source: string; docs: string }): string[] {
  const thrown = source === "" ? [] : errorCodesOfSource(source);
  const described = errorCodesOfDocs(docs);
  return [
    ...thrown.filter((code) => !described.includes(code)).map((code) => `docs/errors.md: ${code} is missing`),
    ...described
      .filter((code) => !thrown.includes(code))
      .map((code) => `docs/errors.md: ${code} is no code of errors.ts`),
    ...described
      .filter((code, at) => described.indexOf(code) !== at)
      .map((code) => `docs/errors.md: ${code} occurs twice`),
  ];
}
