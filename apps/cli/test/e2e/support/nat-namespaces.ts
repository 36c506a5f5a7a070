import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { Lab } from "./lab.ts";
import { canMakeNamespaces } from "./net-namespaces.ts";

const run = promisify(execFile);
const ip = (...args: readonly string[]): Promise<unknown> => run("ip", args);

/** Whether this process may make network namespaces with translating routers between them; asked once. */
export const canMakeNat: boolean = canMakeNamespaces && (await hasNft());

/** The host outside, which everybody can dial. */
const OUTSIDE = "203.0.113.10";

/**
 * Hosts behind routers of their own, and one outside: each router gives what leaves its own address (nftables masquerade),
 * and lets nothing in that was not asked for.
 */
export class NatHosts {
  readonly #prefix = `gstore-${process.pid}-nat`;
  readonly #lab: Lab;

  private constructor(lab: Lab) {
    this.#lab = lab;
  }

  static async make(lab: Lab, count: number): Promise<NatHosts> {
    const hosts = new NatHosts(lab);
    await hosts.#add(hosts.outside);
    await ip("-n", hosts.outside, "link", "add", "name", "switch", "type", "bridge");
    await ip("-n", hosts.outside, "link", "set", "switch", "up");
    await ip("-n", hosts.outside, "address", "add", `${OUTSIDE}/24`, "dev", "switch");
    for (let host = 0; host < count; host++) await hosts.#addBehindRouter(host);
    return hosts;
  }

  /** The namespace of the host outside. */
  get outside(): string {
    return `${this.#prefix}-out`;
  }

  /** The namespace of a host behind its router. */
  inside(host: number): string {
    return `${this.#prefix}-${host}`;
  }

  router(host: number): string {
    return `${this.#prefix}-r${host}`;
  }

  /** The router's address outside. */
  address(host: number): string {
    return `203.0.113.${host + 1}`;
  }

  /** From now on a router hands what comes to its port on to its host. */
  async forward(host: number, port: number): Promise<void> {
    const to = `10.${host + 1}.0.2`;
    await this.#rules(host, `insert rule ip filter forward ip daddr ${to} tcp dport ${port} accept`);
    await this.#rules(host, `add rule ip nat prerouting iifname "wan" tcp dport ${port} dnat to ${to}`);
  }

  /** From now on a router gives each new connection a port of its own choice, or the one that its host has if that is free. */
  async choosePorts(host: number, { atRandom }: { readonly atRandom: boolean }): Promise<void> {
    await this.#rules(host, "flush chain ip nat postrouting");
    const how = atRandom ? "masquerade random" : "masquerade";
    await this.#rules(host, `add rule ip nat postrouting oifname "wan" ${how}`);
  }

  /** From now on a router forwards what its host asks for by UPnP. Gives what it has done, as it does it. */
  speakUpnp(host: number): string[] {
    const script = join(import.meta.dirname, "upnp-router.mjs");
    const run = ["netns", "exec", this.router(host), process.execPath, script, `10.${host + 1}.0.1`];
    const child = spawn("ip", run, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lab.cleanUp(async () => void child.stdin.end());
    const done: string[] = [];
    createInterface(child.stdout).on("line", (line) => done.push(line));
    return done;
  }

  async #add(namespace: string): Promise<void> {
    await ip("netns", "add", namespace);
    this.#lab.cleanUp(async () => void (await ip("netns", "delete", namespace)));
    await ip("-n", namespace, "link", "set", "lo", "up");
  }

  async #addBehindRouter(host: number): Promise<void> {
    const [inside, router] = [this.inside(host), this.router(host)];
    await this.#add(inside);
    await this.#add(router);
    const port = `port${host}`;
    await ip(
      ..."link add eth0 netns".split(" "),
      inside,
      ..."type veth peer name lan netns".split(" "),
      router,
    );
    await ip(
      ..."link add wan netns".split(" "),
      router,
      ..."type veth peer name".split(" "),
      port,
      "netns",
      this.outside,
    );
    await ip("-n", this.outside, "link", "set", port, "master", "switch", "up");
    for (const [namespace, device, address] of [
      [inside, "eth0", `10.${host + 1}.0.2/24`],
      [router, "lan", `10.${host + 1}.0.1/24`],
      [router, "wan", `${this.address(host)}/24`],
    ] as const) {
      await ip("-n", namespace, "address", "add", address, "dev", device);
      await ip("-n", namespace, "link", "set", device, "up");
    }
    await ip("-n", inside, "route", "add", "default", "via", `10.${host + 1}.0.1`);
    await run("ip", ["netns", "exec", router, "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
    for (const rule of RULES) await this.#rules(host, rule);
  }

  #rules(host: number, rule: string): Promise<unknown> {
    return run("ip", ["netns", "exec", this.router(host), "nft", rule]);
  }
}

const RULES = [
  "add table ip nat",
  "add chain ip nat prerouting { type nat hook prerouting priority -100 ; }",
  "add chain ip nat postrouting { type nat hook postrouting priority 100 ; }",
  'add rule ip nat postrouting oifname "wan" masquerade',
  "add table ip filter",
  "add chain ip filter input { type filter hook input priority 0 ; }",
  'add rule ip filter input iifname "wan" ct state new drop',
  "add chain ip filter forward { type filter hook forward priority 0 ; }",
  'add rule ip filter forward iifname "wan" ct state new drop',
];

async function hasNft(): Promise<boolean> {
  try {
    await run("nft", ["list", "tables"]);
    return true;
  } catch {
    return false;
  }
}
