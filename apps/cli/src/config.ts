import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { GstoreError } from "@gstore/gateway/client";
import { printable } from "./printable.ts";
import { REPAIR_KEYS, type RepairConfig } from "./repair-settings.ts";
import { suggest } from "./suggest.ts";

/** What a config file may set. Environment variables come before it, and options before those. */
export interface Config {
  /** The node's folder, from the file's own folder on. Only in a file named by --config or GSTORE_CONFIG. */
  readonly dir?: string;
  readonly listen?: readonly string[];
  /** Where it listens for WebSockets besides. */
  readonly listen_ws?: readonly string[];
  /** The HTTP proxy through which addresses of WebSockets are dialled. */
  readonly proxy?: string;
  readonly bootstrap?: readonly string[];
  /** Rates of bulk transfers, such as `5MB/s`, or `off`. */
  readonly limit?: { readonly up?: string; readonly down?: string };
  readonly scrub?: {
    /** Everything stored is read again within this long, such as `30d`. */
    readonly period?: string;
  };
  readonly repair?: RepairConfig;
  /** How much the node may hold, such as `500GB`. */
  readonly capacity?: string;
  /** A label of where it stands. */
  readonly zone?: string;
  /** Where others are told to dial the node, such as a router's address that leads to it. Default: where it listens. */
  readonly announce?: readonly string[];
  /** Whether the node looks for others on the local network, and tells it of itself. Default: true. */
  readonly mdns?: boolean;
  /** Whether the router is asked to forward a port (UPnP) where others can't dial the node. Default: true. */
  readonly upnp?: boolean;
  /** Whether the node relays for members that can't reach each other: `on`, `off` or `auto`. Default: `auto`. */
  readonly relay?: string;
  /** Whether the node takes part in the members' hash table. Default: true. */
  readonly dht?: boolean;
  /** Where the HTTP API is served, such as `127.0.0.1:4080`, or `off`. */
  readonly http?: string;
  /** Names that it is reached by besides. */
  readonly http_hosts?: readonly string[];
  /** Files with its certificate and key in PEM, from the node's folder on. */
  readonly http_cert?: string;
  readonly http_key?: string;
  /** Serves other machines in clear. */
  readonly insecure_http?: boolean;
}

const FILE_NAME = "config.toml";
const BYTES_MAX = 1024 * 1024;

/** The config file of a node's folder; an empty config where there is none. Throws `INVALID_ARGUMENT` naming file and key. */
export async function loadNodeConfig(dir: string): Promise<Config> {
  const path = join(dir, FILE_NAME);
  const text = await readText(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw unreadable(path, error);
  });
  if (text === undefined) return {};
  const config = await parseConfig(text, path);
  if (config.dir !== undefined) throw invalid(path, `"dir" can't be set by a file in that folder itself.`);
  return config;
}

/** A config file that the user named. It has to be there. */
export async function loadConfigFile(path: string): Promise<Config> {
  const text = await readText(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(path, error);
  });
  const config = await parseConfig(text, path);
  return config.dir === undefined ? config : { ...config, dir: resolve(dirname(path), config.dir) };
}

/** Reads TOML and checks it. The parsers are loaded only here: most commands never meet a config file. */
async function parseConfig(text: string, path: string): Promise<Config> {
  const { parse } = await import("smol-toml");
  const { Type } = await import("typebox");
  const { Value } = await import("typebox/value");
  const addresses = Type.Array(Type.String({ minLength: 1 }), { maxItems: 64 });
  const schema = Type.Object({
    dir: Type.Optional(Type.String({ minLength: 1 })),
    listen: Type.Optional(addresses),
    bootstrap: Type.Optional(addresses),
    listen_ws: Type.Optional(addresses),
    proxy: Type.Optional(Type.String({ minLength: 1 })),
    limit: Type.Optional(
      Type.Object(
        { up: Type.Optional(Type.String()), down: Type.Optional(Type.String()) },
        { additionalProperties: false },
      ),
    ),
    scrub: Type.Optional(
      Type.Object({ period: Type.Optional(Type.String()) }, { additionalProperties: false }),
    ),
    repair: Type.Optional(
      Type.Object(Object.fromEntries(REPAIR_KEYS.map((key) => [key, Type.Optional(Type.String())])), {
        additionalProperties: false,
      }),
    ),
    capacity: Type.Optional(Type.String({ minLength: 1 })),
    zone: Type.Optional(Type.String({ minLength: 1 })),
    announce: Type.Optional(addresses),
    mdns: Type.Optional(Type.Boolean()),
    upnp: Type.Optional(Type.Boolean()),
    relay: Type.Optional(Type.String({ minLength: 1 })),
    dht: Type.Optional(Type.Boolean()),
    http: Type.Optional(Type.String({ minLength: 1 })),
    http_hosts: Type.Optional(addresses),
    http_cert: Type.Optional(Type.String({ minLength: 1 })),
    http_key: Type.Optional(Type.String({ minLength: 1 })),
    insecure_http: Type.Optional(Type.Boolean()),
  });
  const known = Object.keys(schema.properties);
  let value: Record<string, unknown>;
  try {
    value = parse(text);
  } catch (error) {
    throw invalid(path, `it is no TOML: ${(error as Error).message.split("\n")[0]}`);
  }
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const similar = suggest(unknown, known);
    const advice = similar === undefined ? `Known are ${known.join(", ")}.` : `Did you mean "${similar}"?`;
    throw invalid(path, `the key "${printable(unknown)}" is unknown. ${advice}`);
  }
  const [error] = Value.Errors(schema, value);
  if (error !== undefined) throw invalid(path, `"${error.instancePath.slice(1)}" ${error.message}.`);
  return value as Config;
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path);
  if (bytes.length > BYTES_MAX) throw invalid(path, "it is too large.");
  return bytes.toString();
}

function invalid(path: string, reason: string): GstoreError {
  return new GstoreError("INVALID_ARGUMENT", `The config file ${path} can't be used: ${reason}`, { path });
}

function unreadable(path: string, error: NodeJS.ErrnoException): GstoreError {
  if (error instanceof GstoreError) return error;
  return invalid(path, error.code === "ENOENT" ? "there is none." : `reading it failed (${error.code}).`);
}
