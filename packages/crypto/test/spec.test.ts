import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decodeTicket } from "@gstore/core";
import { describe, expect, test } from "vitest";
import { inviteKeys, proveInvite } from "../src/index.ts";
import { LABELS } from "../src/labels.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = (name: string): string => readFileSync(`${root}docs/spec/${name}.md`, "utf8");

/** All vectors, as text. */
const vectors = ["packages/core/test/vectors", "packages/crypto/test/vectors"]
  .flatMap((folder) =>
    readdirSync(root + folder).map((file) => readFileSync(`${root}${folder}/${file}`, "utf8")),
  )
  .join("\n");

describe.each(["entry", "manifest", "membership", "keys", "sealing"])("docs/spec/%s.md", (name) => {
  test("quotes bytes of the vectors only", () => {
    const quoted = page(name).match(/\b[0-9a-f]{32,}\b/g) ?? [];
    expect(quoted.length).toBeGreaterThan(1);
    for (const hex of quoted) expect(vectors, hex.slice(0, 40)).toContain(hex);
  });

  test("abridges bytes that the vectors have", () => {
    const abridged = page(name).match(/\b[0-9a-f]{4}…[0-9a-f]{4}\b/g) ?? [];
    for (const part of abridged) expect(vectors, part).toMatch(new RegExp(part.replace("…", "[0-9a-f]+")));
  });
});

test("docs/spec/keys.md lists every label and no other", () => {
  const rows = [...page("keys").matchAll(/^\| `(gstore v1 [^`]+)` \|/gm)].map((match) => `${match[1]}\0`);
  const labels = Object.values(LABELS).map((label) => Buffer.from(label).toString());
  expect(rows.sort()).toEqual(labels.sort());
});

test.each(["entry", "manifest", "blob-secrets", "metadata", "membership", "membership-operations", "ticket"])(
  "the page states how many invalid cases of %s there are",
  (name) => {
    const text = readFileSync(`${root}packages/core/test/vectors/${name}.json`, "utf8");
    const { invalid } = JSON.parse(text) as { invalid: unknown[] };
    const pages = ["entry", "manifest", "membership", "tickets"].map(page).join("\n");
    expect(pages).toMatch(new RegExp(`\\b${invalid.length} invalid`));
  },
);

test("docs/spec/tickets.md quotes the vectors' tickets and their secret", () => {
  const text = readFileSync(`${root}packages/core/test/vectors/ticket.json`, "utf8");
  const { valid } = JSON.parse(text) as { valid: { bytes: string; value: { secret: string } }[] };
  for (const { bytes } of valid)
    expect(page("tickets")).toContain(Buffer.from(bytes.slice(2, -1), "hex").toString());
  expect(page("tickets")).toContain(valid[0]?.value.secret.slice(2, -1));
});

test("docs/spec/tickets.md quotes the keys and a proof of its first ticket", () => {
  const [, vectorsOfPage = ""] = page("tickets").split("## Vectors");
  const { secret, network } = decodeTicket(/^gstore\w+$/m.exec(vectorsOfPage)?.[0] ?? "");
  const { id, proofKey } = inviteKeys(secret, network);
  const proof = proveInvite(proofKey, new Uint8Array(32).fill(7), Buffer.from("request"));
  for (const [name, bytes] of Object.entries({ id, proofKey, proof }))
    expect(vectorsOfPage).toMatch(new RegExp(`^${name} +${Buffer.from(bytes).toString("hex")}$`, "m"));
});
