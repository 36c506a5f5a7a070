import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { seedOfPrivateKey } from "../src/asymmetric-keys.ts";
import { NodeIdentity, rootKeyOf, SpaceKeys, type SpaceSecrets } from "../src/index.ts";
import { bodyOf, fixedBytes, fixedIdentity, fixedSecrets, flipped } from "./fixtures.ts";

const identity = fixedIdentity("secrecy");
const secrets = fixedSecrets("secrecy");
const root = rootKeyOf(secrets);
const [space] = secrets.spaces as [SpaceSecrets];
const keys = new SpaceKeys(space);

const known = [
  seedOfPrivateKey(identity.privateKey),
  seedOfPrivateKey(identity.agreementPrivateKey),
  seedOfPrivateKey(secrets.rootPrivateKey),
  space.nameKey.export(),
  space.chunkSeed.export(),
  ...space.epochs.map((epoch) => epoch.secret.export()),
  seedOfPrivateKey(root.agreementPrivateKey),
];

/** Every way in which a run of a secret's bytes could show in text. */
function tells(text: string): boolean {
  const flat = text.toLowerCase().replace(/[\s"]/g, "");
  return known.some((secret) => {
    const part = secret.subarray(8, 16);
    const forms = [
      part.toString("hex"),
      part.toString("base64").slice(0, 10).toLowerCase(),
      [...part].join(","),
    ];
    const keyed = [...part].map((byte, index) => `${index + 8}:${byte}`).join(",");
    const spaced = [...part].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [...forms, keyed, spaced].some((form) => flat.includes(form));
  });
}

const subjects = { identity, secrets, root, space, keys, list: [identity, secrets, root, keys] };

describe.each(Object.entries(subjects))("%s", (_name, subject) => {
  test("shows no secret when inspected", () => {
    expect(tells(inspect(subject, { depth: 20, showHidden: true, maxArrayLength: null }))).toBe(false);
    expect(tells(String(subject))).toBe(false);
  });

  test("shows no secret as JSON", () => {
    expect(tells(JSON.stringify(subject))).toBe(false);
  });

  test("shows no secret among its properties", () => {
    expect(tells(JSON.stringify(Object.getOwnPropertyDescriptors(subject)))).toBe(false);
  });
});

test("the search finds a secret where there is one", () => {
  for (const secret of known) {
    expect(tells(JSON.stringify(secret.toString("hex")))).toBe(true);
    expect(tells(JSON.stringify(secret))).toBe(true);
    expect(tells(JSON.stringify(new Uint8Array(secret)))).toBe(true);
    expect(tells(inspect(new Uint8Array(secret), { maxArrayLength: null }))).toBe(true);
  }
});

test("no error of a failed opening tells a secret, the name or the content", () => {
  const plain = Buffer.from("very private content");
  const { blob, secret } = keys.sealChunk({ bytes: plain, codec: "none", plainSize: plain.length });
  const body = bodyOf(identity, keys);
  const actions = [
    () => keys.openChunk(flipped(blob, 30), secret),
    () => keys.openChunk(blob, { ...secret, material: fixedBytes("x", 32) }),
    () => keys.openMetadata({ body: { ...body, sealed: flipped(body.sealed, 900) } }),
    () => keys.openMetadata({ body: { ...body, content: null } }),
    () => keys.openManifestNode(blob, secret, 1),
  ];
  for (const action of actions) {
    const text = inspect(errorOf(action), { depth: 20, showHidden: true });
    expect(tells(text)).toBe(false);
    expect(text).not.toContain("private content");
    expect(text).not.toContain("today.txt");
    expect(text).not.toContain(Buffer.from(secret.material).toString("hex"));
  }
});

test("two purposes give a node unrelated keys, and two nodes too", () => {
  const other = new NodeIdentity({ signingSeed: fixedBytes("a", 32), agreementScalar: fixedBytes("b", 32) });
  const all = [
    identity.deriveKey("a"),
    identity.deriveKey("b"),
    identity.deriveKey(""),
    other.deriveKey("a"),
  ];
  expect(new Set(all.map((key) => Buffer.from(key).toString("hex"))).size).toBe(4);
  expect(all.every((key) => key.length === 32)).toBe(true);
});

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
