import type { Logger } from "@gstore/server";
import { printable, printableJson } from "./printable.ts";

type Level = keyof Logger;

/** Writes what a node reports to stderr, a line each: warnings and errors, and everything else when asked for. */
export function consoleLogger({ json, isVerbose }: { json: boolean; isVerbose: boolean }): Logger {
  const write = (level: Level, fields: object, message: string): void => {
    const isShown = isVerbose || level === "warn" || level === "error";
    if (!isShown) return;
    const time = new Date().toISOString();
    const line = json
      ? printableJson({ level, time, message, ...Object.fromEntries(Object.entries(fields).map(toldInJson)) })
      : `${time} ${level}: ${printable(message)}${describe(fields)}`;
    process.stderr.write(`${line}\n`);
  };
  return {
    debug: (fields, message) => write("debug", fields, message),
    info: (fields, message) => write("info", fields, message),
    warn: (fields, message) => write("warn", fields, message),
    error: (fields, message) => write("error", fields, message),
  };
}

/** JSON would leave out what an error says: its message is no enumerable property. */
function toldInJson([name, value]: [string, unknown]): [string, unknown] {
  return [name, value instanceof Error ? { ...value, name: value.name, message: value.message } : value];
}

function describe(fields: object): string {
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${printable(String(value))}`);
  return pairs.length === 0 ? "" : ` (${pairs.join(", ")})`;
}
