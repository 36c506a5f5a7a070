import { homedir } from "node:os";
import { join } from "node:path";
import { GstoreError, parseDuration } from "@gstore/gateway/client";
import { parseByteSize } from "./byte-size.ts";
import { type Config, loadConfigFile, loadNodeConfig } from "./config.ts";
import { type HttpArguments, type HttpSettings, httpSettings } from "./http-settings.ts";
import { parseRate } from "./rate.ts";
import { type RepairSettings, repairSettings } from "./repair-settings.ts";
import { userFolderPath, userPath } from "./user-path.ts";

/** Where a setting comes from, in falling precedence: an option, an environment variable, the config file, the default. */

export interface NodeSettings {
  /** Undefined leaves the server's own default. */
  readonly listen: readonly string[] | undefined;
  /** Undefined for none. */
  readonly proxy: string | undefined;
  readonly bootstrap: readonly string[];
  readonly scrub: { readonly periodMs?: number };
  readonly repair: RepairSettings;
  readonly limits: { readonly upBytesPerSecond: number | null; readonly downBytesPerSecond: number | null };
  /** Undefined for what the disk has room for. */
  readonly capacityBytes: number | undefined;
  /** Undefined leaves what was stated. */
  readonly zone: string | undefined;
  readonly mdns: boolean;
  readonly upnp: boolean;
  readonly dht: boolean;
  readonly relay: RelayMode;
  /** Undefined for where it listens. */
  readonly announce: readonly string[] | undefined;
  readonly http: HttpSettings;
}

export interface SettingOptions extends HttpArguments {
  readonly listen?: readonly string[];
  readonly "listen-ws"?: readonly string[];
  readonly proxy?: string;
  readonly bootstrap?: readonly string[];
  readonly capacity?: string;
  readonly zone?: string;
  readonly mdns?: boolean;
  readonly upnp?: boolean;
  readonly dht?: boolean;
  readonly announce?: readonly string[];
  readonly relay?: string;
}

/** The config file that the user named, absolute; null where none is named. */
export function configPathOf(option: string | undefined): string | null {
  const path = option ?? variable("GSTORE_CONFIG");
  return path === undefined ? null : userPath(path);
}

/** The file that holds the passphrase of the key files, absolute; undefined where none is named. */
export function passphraseFileOf(option: string | undefined): string | undefined {
  const path = option ?? variable("GSTORE_PASSPHRASE_FILE");
  return path === undefined ? undefined : userPath(path);
}

/** The node's folder, absolute. Reads the config file only where the user named one. */
export async function nodeFolder(option: string | undefined, configPath: string | null): Promise<string> {
  if (option === "") throw new GstoreError("INVALID_ARGUMENT", "--dir needs the name of a folder.");
  const named = option ?? variable("GSTORE_DIR");
  if (named !== undefined) return userFolderPath(named);
  const config = configPath === null ? {} : await loadConfigFile(configPath);
  return config.dir ?? join(homedir(), ".gstore");
}

/** What is read again less than every ten years might as well not be. */
const SCRUB_PERIOD_MAX_MS: number = 3650 * 24 * 3600 * 1000;

/** What a node is started with. */
export async function nodeSettings(
  { dir, configPath }: { readonly dir: string; readonly configPath: string | null },
  options: SettingOptions,
): Promise<NodeSettings> {
  const config: Config = configPath === null ? await loadNodeConfig(dir) : await loadConfigFile(configPath);
  const listen = options.listen ?? listVariable("GSTORE_LISTEN") ?? config.listen;
  const listenWeb = options["listen-ws"] ?? listVariable("GSTORE_LISTEN_WS") ?? config.listen_ws ?? [];
  const web = listenWeb.flatMap(splitList).map(webListenAddress);
  const bootstrap = options.bootstrap ?? listVariable("GSTORE_BOOTSTRAP") ?? config.bootstrap ?? [];
  const capacity = options.capacity ?? variable("GSTORE_CAPACITY") ?? config.capacity;
  const zone = options.zone ?? variable("GSTORE_ZONE") ?? config.zone;
  const announce = options.announce ?? listVariable("GSTORE_ANNOUNCE") ?? config.announce;
  const period = config.scrub?.period;
  return {
    listen: listenAddresses(listen, web),
    proxy: options.proxy ?? variable("GSTORE_PROXY") ?? config.proxy,
    bootstrap: bootstrap.flatMap(splitList),
    limits: {
      upBytesPerSecond: parseRate(config.limit?.up ?? "off"),
      downBytesPerSecond: parseRate(config.limit?.down ?? "off"),
    },
    scrub: period === undefined ? {} : { periodMs: parseDuration(period, SCRUB_PERIOD_MAX_MS) },
    repair: repairSettings(config.repair),
    capacityBytes: capacity === undefined ? undefined : parseByteSize(capacity),
    zone: zone === undefined ? undefined : zoneLabel(zone),
    upnp: options.upnp ?? switchVariable("GSTORE_UPNP") ?? config.upnp ?? true,
    mdns: options.mdns ?? switchVariable("GSTORE_MDNS") ?? config.mdns ?? true,
    relay: relayMode(options.relay ?? variable("GSTORE_RELAY") ?? config.relay ?? "auto"),
    dht: options.dht ?? switchVariable("GSTORE_DHT") ?? config.dht ?? true,
    announce: announce?.flatMap(splitList).filter((address) => address !== "none"),
    http: httpSettings(options, config, dir),
  };
}

/** Plain TCP and WebSockets together; undefined where nothing is said of either, for the server's own default. */
function listenAddresses(
  listen: readonly string[] | undefined,
  web: readonly string[],
): readonly string[] | undefined {
  const plain = listen?.flatMap(splitList).map(listenAddress);
  return web.length === 0 ? plain : [...(plain ?? LISTEN_DEFAULT), ...web];
}

/** Where a node listens that is told nothing. */
export const LISTEN_DEFAULT: readonly string[] = ["0.0.0.0:4000"];

const RELAY_MODES = ["on", "off", "auto"] as const;
export type RelayMode = (typeof RELAY_MODES)[number];

function relayMode(text: string): RelayMode {
  const mode = RELAY_MODES.find((one) => one === text);
  if (mode !== undefined) return mode;
  const shown = JSON.stringify(text.slice(0, 80));
  throw new GstoreError("INVALID_ARGUMENT", `${shown} is no way to relay. Write on, off or auto.`);
}

/** A label of the form of a node's name. */
export function zoneLabel(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  const shown = JSON.stringify(text.slice(0, 80));
  throw new GstoreError(
    "INVALID_ARGUMENT",
    `${shown} is no zone. Write 1 to 64 letters, digits, dots, dashes or underscores, such as home.`,
  );
}

/** `4001`, `:4001`, `host:4001` and multiaddrs. A bare port means all addresses of the machine. */
export function listenAddress(text: string): string {
  const port = /^:?(\d{1,5})$/.exec(text)?.[1];
  if (port !== undefined && Number(port) <= 65_535) return `0.0.0.0:${port}`;
  const isAddress = text.startsWith("/") || /^(?:\[[0-9a-f:.]+\]|[^\s:/]+):\d{1,5}$/i.test(text);
  if (isAddress) return text;
  const shown = JSON.stringify(text.slice(0, 80));
  throw new GstoreError(
    "INVALID_ARGUMENT",
    `${shown} is no address to listen at. Write it like 4000, 127.0.0.1:4000 or /ip4/0.0.0.0/tcp/4000.`,
  );
}

/** As {@link listenAddress}, for WebSockets. */
function webListenAddress(text: string): string {
  const address = listenAddress(text);
  return /^ws:|\/ws$/.test(address) ? address : address.startsWith("/") ? `${address}/ws` : `ws://${address}`;
}

function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}

function switchVariable(name: string): boolean | undefined {
  const value = variable(name);
  if (value === undefined) return undefined;
  if (/^(?:on|true|1|yes)$/i.test(value)) return true;
  if (/^(?:off|false|0|no)$/i.test(value)) return false;
  throw new GstoreError("INVALID_ARGUMENT", `${name} is neither on nor off.`);
}

function listVariable(name: string): readonly string[] | undefined {
  const value = variable(name);
  return value === undefined ? undefined : splitList(value);
}

function splitList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
