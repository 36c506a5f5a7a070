import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { HttpOptions } from "@gstore/gateway";
import { GstoreError } from "@gstore/gateway/client";
import type { Options } from "yargs";
import type { Config } from "./config.ts";
import { userPath } from "./user-path.ts";

/** Where the HTTP API is served on a port. */
export interface HttpSettings {
  readonly isOff: boolean;
  /** Undefined for port 4080 or the next one that is free. */
  readonly address: { readonly host: string; readonly port: number } | undefined;
  readonly names: readonly string[];
  /** Absolute paths. */
  readonly certPath: string | undefined;
  readonly keyPath: string | undefined;
  readonly isInsecure: boolean;
}

export const HTTP_OPTIONS: Readonly<Record<string, Options>> = {
  http: {
    type: "string",
    requiresArg: true,
    description: "Where to serve the HTTP API: PORT, HOST:PORT or off (GSTORE_HTTP; default 127.0.0.1:4080)",
  },
  "http-host": {
    type: "string",
    array: true,
    requiresArg: true,
    description: "Another name that the HTTP API is reached by (repeatable)",
  },
  "http-cert": { type: "string", requiresArg: true, description: "Certificate of the HTTP API, a PEM file" },
  "http-key": { type: "string", requiresArg: true, description: "The certificate's key, a PEM file" },
  "insecure-http": { type: "boolean", description: "Serve the HTTP API to other machines in clear" },
};

export interface HttpArguments {
  readonly http?: string;
  readonly "http-host"?: readonly string[];
  readonly "http-cert"?: string;
  readonly "http-key"?: string;
  readonly "insecure-http"?: boolean;
}

/** An option counts before GSTORE_HTTP, that before the config file. Throws `INVALID_ARGUMENT`. */
export function httpSettings(options: HttpArguments, config: Config, dir: string): HttpSettings {
  const variable = process.env.GSTORE_HTTP === "" ? undefined : process.env.GSTORE_HTTP;
  const text = options.http ?? variable ?? config.http;
  const path = (option: string | undefined, inConfig: string | undefined): string | undefined =>
    option === undefined ? inConfig && resolve(dir, inConfig) : userPath(option);
  const certPath = path(options["http-cert"], config.http_cert);
  const keyPath = path(options["http-key"], config.http_key);
  if ((certPath === undefined) !== (keyPath === undefined)) {
    throw new GstoreError("INVALID_ARGUMENT", "--http-cert and --http-key go together.");
  }
  return {
    isOff: text === "off",
    address: text === undefined || text === "off" ? undefined : httpAddress(text),
    names: options["http-host"] ?? config.http_hosts ?? [],
    ...{ certPath, keyPath },
    isInsecure: options["insecure-http"] ?? config.insecure_http ?? false,
  };
}

/** `4081`, `:4081` and `host:4081`. A bare port means this machine alone. */
export function httpAddress(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:(?:\[([0-9a-f:.]+)\]|([^\s:/[\]]+))?:)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (match !== null && port <= 65_535) return { host: match[1] ?? match[2] ?? "127.0.0.1", port };
  const shown = JSON.stringify(text.slice(0, 80));
  throw new GstoreError(
    "INVALID_ARGUMENT",
    `${shown} is no place for the HTTP API. Write it like 4080, 127.0.0.1:4080 or off.`,
  );
}

/** What the gateway is given; null where no port is to be open. Rejects with `INVALID_ARGUMENT` for a file that can't be read. */
export async function httpOptions(settings: HttpSettings): Promise<HttpOptions | null> {
  const { isOff, address, names, certPath, keyPath, isInsecure } = settings;
  if (isOff) return null;
  const tls =
    certPath === undefined || keyPath === undefined
      ? {}
      : { tls: { cert: await readPem(certPath), key: await readPem(keyPath) } };
  return { ...(address === undefined ? {} : { address }), names, isInsecure, ...tls };
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const systemCode = String((cause as NodeJS.ErrnoException).code);
    const message = `The file ${path} of the HTTP API can't be read (${systemCode}).`;
    throw new GstoreError("INVALID_ARGUMENT", message, { path, systemCode, cause });
  }
}
