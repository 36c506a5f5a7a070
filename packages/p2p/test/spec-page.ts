import { readFileSync } from "node:fs";

/** The vectors of a page of docs/spec: its blocks ```` ```vector NAME ```` of annotated bytes, and ```` ```invalid NAME ````. */
export interface SpecPage {
  vector(name: string): Buffer;
  /** Bytes that are to be refused, with the reason. */
  invalid(name: string): [reason: string, bytes: Buffer][];
  readonly names: string[];
}

export function readSpecPage(file: string): SpecPage {
  const text = readFileSync(new URL(`../../../docs/spec/${file}`, import.meta.url), "utf8");
  const blocks = new Map(
    [...text.matchAll(/^```((?:vector|invalid) \S+)\n(.*?)^```$/gms)].map(([, name, body]) => [name, body]),
  );
  const lines = (name: string): [string, string][] => {
    const block = blocks.get(name);
    if (block === undefined) throw new Error(`docs/spec/${file} has no block "${name}"`);
    return block
      .trimEnd()
      .split("\n")
      .map((line) => /^ *((?:[0-9a-f]{2,} ?)*?) *(?: {2,}(.*))?$/.exec(line))
      .map((match) => [(match?.[1] ?? "").replaceAll(" ", ""), match?.[2] ?? ""]);
  };
  return {
    vector: (name) =>
      Buffer.from(
        lines(`vector ${name}`)
          .map(([hex]) => hex)
          .join(""),
        "hex",
      ),
    invalid: (name) => lines(`invalid ${name}`).map(([hex, reason]) => [reason, Buffer.from(hex, "hex")]),
    names: [...blocks.keys()].map(String),
  };
}
