import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeBulkFrame, encodeBulkFrame } from "../../src/messages/bulk-frames.ts";
import { MESSAGE_TYPES, type MessageType, messageType } from "../../src/messages/message.ts";
import { codecs } from "./codecs.ts";
import {
  bytesOfFrame,
  codeOf,
  frameVectors,
  hexOf,
  type MessageCase,
  messageVectors,
} from "./vector-files.ts";

const codecOf = ({ message, part }: MessageCase) => codecs[message as MessageType][part];
const readable = (cases: readonly MessageCase[]) => cases.filter((one) => codecOf(one).decode !== undefined);

describe("requests and answers", () => {
  test.each(messageVectors.valid)("$message $part: $name is written to the byte", (one) => {
    expect(hexOf(codecOf(one).encode(one.value as never))).toBe(hexOf(one.bytes));
  });

  test.each(readable(messageVectors.valid))("$message $part: $name is read", (one) => {
    expect(codecOf(one).decode?.(one.bytes, one.count ?? 0)).toEqual(one.value);
  });

  test.each(readable(messageVectors.invalid))("$message $part: it is refused where $name", (one) => {
    expect(codeOf(() => codecOf(one).decode?.(one.bytes, one.count ?? 0))).toBe(one.code);
  });

  test.each(messageVectors.valid)(
    "$message $part: the type of $name is known from its first bytes",
    (one) => {
      expect(messageType(one.bytes)).toBe(one.message);
    },
  );

  test("the vectors have every part of every message", () => {
    const known = Object.keys(MESSAGE_TYPES).flatMap((type) => [`${type} request`, `${type} answer`]);
    const shown = new Set(messageVectors.valid.map(({ message, part }) => `${message} ${part}`));
    expect([...shown].sort()).toEqual(known.sort());
  });
});

describe("the type of a message", () => {
  const cases: [name: string, hex: string, code: string][] = [
    ["there are no bytes", "", "INVALID_FORMAT"],
    ["there is no type", "8201", "INVALID_FORMAT"],
    ["it is an array of one", "8101", "INVALID_FORMAT"],
    ["it is no array", "0101", "INVALID_FORMAT"],
    ["the version is 0", "820001", "INVALID_FORMAT"],
    ["the version is text", "826131", "INVALID_FORMAT"],
    ["the version is newer", "820201", "UNSUPPORTED_VERSION"],
    ["the type is text", "82016131", "INVALID_FORMAT"],
    ["the type is negative", "820120", "INVALID_FORMAT"],
    ["a small type is written in two bytes", "82011801", "INVALID_FORMAT"],
    ["the type is not known", "820117", "UNSUPPORTED_VERSION"],
    ["the type is not known and has two bytes", "82011863", "UNSUPPORTED_VERSION"],
    ["the type has three bytes", "8201190100", "UNSUPPORTED_VERSION"],
  ];
  test.each(cases)("is refused where %s", (_name, hex, code) => {
    expect(codeOf(() => messageType(Buffer.from(hex, "hex")))).toBe(code);
  });
});

describe("bulk frames", () => {
  test.each(frameVectors.valid)("$name: it is written to the byte", (one) => {
    expect(hexOf(Buffer.concat(encodeBulkFrame(one.value as never)))).toBe(hexOf(bytesOfFrame(one)));
  });

  test.each(frameVectors.valid)("$name: it is read", (one) => {
    expect(decodeBulkFrame(bytesOfFrame(one))).toEqual(one.value);
  });

  test.each(frameVectors.invalid)("it is refused where $name", (one) => {
    expect(codeOf(() => decodeBulkFrame(bytesOfFrame(one)))).toBe(one.code);
  });

  test("the specification shows every valid frame byte by byte", () => {
    const page = readFileSync(new URL("../../../../docs/spec/messages.md", import.meta.url), "utf8");
    const lines = page.split("\n").map((line) =>
      line
        .trim()
        .split(/\s{2,}/)
        .join(" | "),
    );
    for (const { annotated } of frameVectors.valid) {
      for (const [hex, meaning] of annotated) expect(lines).toContain(`${hex} | ${meaning}`);
    }
  });
});
