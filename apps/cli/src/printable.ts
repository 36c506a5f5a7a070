/**
 * What a terminal could act on: control characters of both sets, line and paragraph separators, marks that reverse or
 * hide text, and halves of surrogate pairs. Keys come from other nodes, and a name must not move somebody's cursor.
 */
const UNSAFE =
  /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Text as it may go to a terminal, on one line: unsafe characters escaped as in JavaScript, and then backslashes too. */
export function printable(text: string): string {
  if (text.search(UNSAFE) === -1) return text;
  return text.replaceAll("\\", "\\\\").replace(UNSAFE, escapeCharacter);
}

/** JSON of one line that carries its text exactly and holds no character that a terminal could act on. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (character) =>
    [...Array(character.length).keys()].map((at) => unicodeEscape(character.charCodeAt(at))).join(""),
  );
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return SHORT[character] ?? (code > 0xffff ? `\\u{${code.toString(16)}}` : unicodeEscape(code));
}

function unicodeEscape(code: number): string {
  return `\\u${code.toString(16).padStart(4, "0")}`;
}
