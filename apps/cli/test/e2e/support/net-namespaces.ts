import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Lab } from "./lab.ts";

const run = promisify(execFile);
const ip = (...args: readonly string[]): Promise<unknown> => run("ip", args);

/** Whether this process may make network namespaces with links between them; asked once. Tests that need it are skipped elsewhere. */
export const canMakeNamespaces: boolean = await triesNamespaces();

/** Hosts of their own, each in a network namespace, on one of two switches: whoever is on the other is out of reach. */
export class Hosts {
  readonly #prefix: string;

  private constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Makes so many hosts, all on the same switch. */
  static async make(lab: Lab, count: number): Promise<Hosts> {
    const hosts = new Hosts(`gstore-${process.pid}`);
    const names = [hosts.#switches, ...Array.from({ length: count }, (_, host) => hosts.namespace(host))];
    for (const name of names) {
      await ip("netns", "add", name);
      lab.cleanUp(async () => void (await ip("netns", "delete", name)));
    }
    for (const side of SIDES) {
      await ip("-n", hosts.#switches, "link", "add", side, "type", "bridge");
      await ip("-n", hosts.#switches, "link", "set", side, "up");
    }
    for (let host = 0; host < count; host++) await hosts.#plugIn(host);
    return hosts;
  }

  /** The namespace to run a host's programs in. */
  namespace(host: number): string {
    return `${this.#prefix}-${host}`;
  }

  address(host: number): string {
    return `10.77.0.${host + 1}`;
  }

  /** From now on these hosts reach one another and nobody else, and the others neither. */
  async setApart(apart: readonly number[]): Promise<void> {
    for (const host of apart) await this.#moveTo("right", host);
  }

  /** All reach one another again. */
  async join(apart: readonly number[]): Promise<void> {
    for (const host of apart) await this.#moveTo("left", host);
  }

  get #switches(): string {
    return `${this.#prefix}-s`;
  }

  async #plugIn(host: number): Promise<void> {
    const name = this.namespace(host);
    const port = portOf(host);
    await ip(
      "-n",
      this.#switches,
      "link",
      "add",
      port,
      "type",
      "veth",
      "peer",
      "name",
      "eth0",
      "netns",
      name,
    );
    await ip("-n", name, "address", "add", `${this.address(host)}/24`, "dev", "eth0");
    await ip("-n", name, "link", "set", "lo", "up");
    await ip("-n", name, "link", "set", "eth0", "up");
    await this.#moveTo("left", host);
    await ip("-n", this.#switches, "link", "set", port, "up");
  }

  async #moveTo(side: (typeof SIDES)[number], host: number): Promise<void> {
    await ip("-n", this.#switches, "link", "set", portOf(host), "master", side);
  }
}

const SIDES = ["left", "right"] as const;
const portOf = (host: number): string => `port${host}`;

async function triesNamespaces(): Promise<boolean> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const name = `gstore-${process.pid}-try`;
  try {
    await ip("netns", "add", name);
  } catch {
    return false;
  }
  try {
    await ip("-n", name, "link", "add", "bridge", "type", "bridge");
    await ip("-n", name, "link", "add", "one", "type", "veth", "peer", "name", "two");
    return true;
  } catch {
    return false;
  } finally {
    await ip("netns", "delete", name);
  }
}
