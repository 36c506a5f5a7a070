import { describe, expect, test } from "vitest";
import { Lab } from "./support/lab.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";

const lab = Lab.forThisFile();
const [anna, berta] = await lab.up("anna", "berta");

const REFUSED = {
  "that climbs out of its folder": "../../x",
  "with .. inside": "a/../b",
  "that is ..": "..",
  "that is .": ".",
  "with . inside": "a/./b",
  "that is empty": "",
  "of 2000 bytes": "k".repeat(2000),
  "of 1026 bytes in 513 characters": "é".repeat(513),
  "with a leading slash": "/etc/passwd",
  "with two slashes in a row": "a//b",
};
const REFUSED_BY_API = {
  ...REFUSED,
  "with NUL": "a\0b",
  "that is a slash": "/",
  "with a slash at its end": "a/",
  "with half of a surrogate pair": "a\ud800b",
};
const STORED = {
  "with a newline": "line\nbreak",
  "with an emoji": "😀/👩‍👩‍👧.txt",
  "with percent-encoded dots": "%2e%2e/%2e%2e/x",
  "with percent-encoded slashes and NUL": "a%2fb%00c%252e",
  "with a query and a fragment": "a?b=c&d#e",
  "of 1024 bytes": "k".repeat(1024),
  "of 255-byte parts and more": `${"p".repeat(300)}/${"q".repeat(300)}`,
  "with spaces, quotes and backslashes": " a 'b' \"c\" \\d\\..\\e ",
  "with control characters": "tab\tbell\u0007escape\u001b[31mred\rback",
  "with text that runs both ways": "\u202eabc\u202c-שלום",
  "that is a number": "0123",
  "that is three dots": "...",
  "that JavaScript's objects have": "__proto__/constructor",
  "with a plus sign and a colon": "C:/a+b",
};

describe("by the command line", () => {
  for (const [what, key] of Object.entries(REFUSED)) {
    test(`a key ${what} is refused with exit code 2`, async () => {
      const { code, stderr, stdout } = await anna.run(["put", "-", key], { input: Buffer.from("x") });
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^gstore: .+\n$/);
    });
  }

  for (const [what, key] of Object.entries(STORED)) {
    test(`a key ${what} is stored and read back exactly on the other node`, async () => {
      const content = pseudoBytes(key, 2000);
      expect((await anna.put(key, content)).key).toBe(key);
      expect((await berta.cat(key)).equals(content)).toBe(true);
    });
  }

  test("a listing with -0 or --json gives the names exactly, and without them no control characters", async () => {
    const names = Object.values(STORED).sort();
    const exact = (await berta.done(["ls", "-r", "-0"])).stdout.split("\0").filter((name) => name !== "");
    expect(exact.sort()).toEqual(names);
    const json = (await berta.done(["ls", "-r", "--json"])).stdout.trim().split("\n");
    expect(json.map((line) => JSON.parse(line).key).sort()).toEqual(names);
    const shown = (await berta.done(["ls", "-r"])).stdout;
    expect(shown.split("\n")).toHaveLength(names.length + 1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
  });
});

describe("by the API", () => {
  for (const [what, key] of Object.entries(REFUSED_BY_API)) {
    test(`a key ${what} is refused with INVALID_KEY, for a put, a get and a removal`, async () => {
      const refusal = { code: "INVALID_KEY" };
      await expect(anna.client.put(key, Buffer.from("x"))).rejects.toMatchObject(refusal);
      await expect(anna.client.get(key)).rejects.toMatchObject(refusal);
      await expect(anna.client.remove(key)).rejects.toMatchObject(refusal);
    });
  }

  for (const [what, key] of Object.entries(STORED)) {
    test(`a key ${what} is stored and read back exactly on the other node`, async () => {
      const content = pseudoBytes(`api ${key}`, 2000);
      const stored = await berta.client.put(key, content);
      expect(stored.key).toBe(key);
      expect((await anna.read(key)).equals(content)).toBe(true);
      expect((await anna.client.stat(key)).key).toBe(key);
    });
  }

  test("refused keys have left nothing", async () => {
    expect((await anna.keys()).sort()).toEqual(Object.values(STORED).sort());
  });
});
