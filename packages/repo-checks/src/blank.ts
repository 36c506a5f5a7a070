/** What to overwrite with spaces: comments only, or the text of strings too. */
export type Blanked = "comments" | "comments-and-strings";

/** A `/` after one of these begins a regular expression; after anything else it divides. */
const BEFORE_REGEX =
  /(?:^|[=(,;:!&|?{}[+\-*%~^<>]|\b(?:return|typeof|case|in|of|delete|void|throw|await|yield))\s*$/;

/**
 * Returns TypeScript source of the same length and lines with comments (and the text inside quotes) replaced by
 * spaces, so that a search finds code only. Code inside `${}` stays. Good enough for formatted source: it does not parse.
 */
export function blank(source: string, what: Blanked): string {
  const out = source.split("");
  const strings = what === "comments-and-strings";
  // One number for each open `${`: how many braces are open inside it.
  const templates: number[] = [];
  let at = 0;
  while (at < source.length) {
    const two = source.slice(at, at + 2);
    const char = source[at] ?? "";
    if (two === "//") at = erase(out, { from: at, to: indexOrEnd(source, "\n", at) });
    else if (two === "/*") at = erase(out, { from: at, to: indexOrEnd(source, "*/", at + 2) + 2 });
    else if (char === '"' || char === "'") at = skipQuoted(char, at);
    else if (char === "`") at = skipTemplate(at + 1);
    else if (char === "/" && BEFORE_REGEX.test(source.slice(Math.max(0, at - 40), at))) at = skipRegex(at);
    else at = skipCode(char, at);
  }
  return out.join("");

  function skipCode(char: string, from: number): number {
    const depth = templates.at(-1);
    if (depth === undefined) return from + 1;
    if (char === "}" && depth === 0) {
      templates.pop();
      return skipTemplate(from + 1);
    }
    if (char === "{" || char === "}") templates[templates.length - 1] = depth + (char === "{" ? 1 : -1);
    return from + 1;
  }

  function skipQuoted(quote: string, from: number): number {
    let end = from + 1;
    while (end < source.length && source[end] !== quote && source[end] !== "\n")
      end += source[end] === "\\" ? 2 : 1;
    if (strings) erase(out, { from: from + 1, to: end });
    return end + 1;
  }

  /** From inside a template's text to behind its end, or behind the `${` that interrupts it. */
  function skipTemplate(from: number): number {
    let end = from;
    while (end < source.length && source[end] !== "`" && source.slice(end, end + 2) !== "${") {
      end += source[end] === "\\" ? 2 : 1;
    }
    if (strings) erase(out, { from, to: end });
    if (source[end] !== "$") return end + 1;
    templates.push(0);
    return end + 2;
  }

  function skipRegex(from: number): number {
    let end = from + 1;
    let inClass = false;
    while (end < source.length && source[end] !== "\n" && (inClass || source[end] !== "/")) {
      if (source[end] === "[") inClass = true;
      if (source[end] === "]") inClass = false;
      end += source[end] === "\\" ? 2 : 1;
    }
    if (strings) erase(out, { from: from + 1, to: end });
    return end + 1;
  }
}

function erase(out: string[], { from, to }: { from: number; to: number }): number {
  for (let at = from; at < Math.min(to, out.length); at++) if (out[at] !== "\n") out[at] = " ";
  return to;
}

function indexOrEnd(source: string, text: string, from: number): number {
  const found = source.indexOf(text, from);
  return found === -1 ? source.length : found;
}
