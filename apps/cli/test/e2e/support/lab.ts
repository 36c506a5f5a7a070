import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import { TestNode, type UpOptions } from "./test-node.ts";
import { waitFor } from "./wait-for.ts";

/** Characters of what a node said that are shown when a test fails. */
const STDERR_SHOWN_MAX = 4000;

/** What a ticket is made for: role, spaces, uses. */
export type InviteWays = Parameters<TestNode["client"]["membership"]["invite"]>[0];

/** The nodes and folders of one test file. All of it is gone when the file's tests are over. */
export class Lab {
  readonly #nodes: TestNode[] = [];
  readonly #cleanups: (() => Promise<void>)[] = [];
  #root: string | null = null;
  #folders = 0;

  /** For use at the top of a test file. */
  static forThisFile(): Lab {
    const lab = new Lab();
    afterEach(({ task }) => {
      if (task.result?.state === "fail") lab.#tellStderr();
    });
    afterAll(() => lab.close());
    return lab;
  }

  /** A path in the lab's temporary folder, at which nothing is yet. */
  async path(name: string): Promise<string> {
    this.#root ??= await mkdtemp(join(tmpdir(), "gstore-e2e-"));
    return join(this.#root, `${this.#folders++}-${name}`);
  }

  /** Makes nodes of one network, not running. */
  async init(...names: readonly string[]): Promise<TestNode[]> {
    const nodes: TestNode[] = [];
    for (const name of names) {
      const node = await TestNode.init(await this.path(name), name, { from: nodes[0] });
      nodes.push(this.keep(node));
    }
    return nodes;
  }

  /** Makes nodes of one network, starts them, and waits until each is connected to all others. */
  async up<Names extends readonly string[]>(
    ...names: Names
  ): Promise<{ readonly [Index in keyof Names]: TestNode }> {
    const nodes = await this.init(...names);
    await this.start(nodes);
    return nodes as { readonly [Index in keyof Names]: TestNode };
  }

  /** Makes a node that joins the network of one that is up, by a ticket of its; not running. */
  async join(name: string, issuer: TestNode, ways: InviteWays = {}): Promise<TestNode> {
    const { ticket } = await issuer.client.membership.invite(ways);
    return this.keep(await TestNode.join(await this.path(name), name, ticket));
  }

  /** Starts those nodes that are down, and waits until each is connected to all others. */
  async start(nodes: readonly TestNode[], options: UpOptions = {}): Promise<void> {
    const running = nodes.filter(({ isUp }) => isUp);
    const bootstrap = running.map(({ address }) => address);
    const down = nodes.filter(({ isUp }) => !isUp);
    await Promise.all(down.map((node) => node.up({ bootstrap, ...options })));
    for (const [index, node] of down.entries()) {
      for (const earlier of down.slice(0, index)) await node.client.connect(earlier.address);
    }
    await connected(nodes);
  }

  /** Takes care that the node's process does not outlive the tests. */
  keep(node: TestNode): TestNode {
    this.#nodes.push(node);
    return node;
  }

  /** Something more to do at the end; the last one comes first. */
  cleanUp(work: () => Promise<void>): void {
    this.#cleanups.unshift(work);
  }

  #tellStderr(): void {
    for (const { name, stderr } of this.#nodes) {
      if (stderr !== "") console.log(`${name}: ${stderr.slice(-STDERR_SHOWN_MAX)}`);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#nodes.filter(({ isUp }) => isUp).map((node) => node.kill()));
    for (const work of this.#cleanups) await work();
    if (this.#root !== null) await rm(this.#root, { recursive: true, force: true });
  }
}

/** Waits until each of the nodes is connected to all others, and has heard from one of them what it may read. */
export async function connected(
  nodes: readonly TestNode[],
  options: { readonly deadlineMs?: number } = {},
): Promise<void> {
  const isConnected = async (node: TestNode): Promise<boolean> => {
    const peers = await node.client.peers();
    const seen = new Set(peers.filter((peer) => peer.connected).map(({ id }) => id));
    return nodes.every(({ id }) => id === node.id || seen.has(id)) && (await hasKeys(node));
  };
  const names = nodes.map(({ name }) => name).join(", ");
  await waitFor(
    `${names} are connected`,
    async () => (await Promise.all(nodes.map(isConnected))).every((is) => is),
    options,
  );
}

/** A connection is there a moment before the membership log that came over it, and with that the keys of the spaces. */
async function hasKeys({ client, id }: TestNode): Promise<boolean> {
  const { membership } = client;
  if ((await membership.spaces()).length > 0) return true;
  return (await membership.members()).some((member) => member.id === id && member.role === "vault");
}

/** How often in a row nodes have to look caught up: an entry is known a moment before what it lacks is counted. */
const CAUGHT_UP_LOOKS = 5;

/** Waits until all nodes have the same versions, each with all the blobs that it shall hold. */
export async function caughtUp(
  nodes: readonly TestNode[],
  options: { readonly deadlineMs?: number } = {},
): Promise<void> {
  let looks = 0;
  const names = nodes.map(({ name }) => name).join(" and ");
  await waitFor(
    `${names} have caught up`,
    async () => {
      const states = await Promise.all(nodes.map((node) => node.status()));
      const isSame = new Set(states.map(({ entries }) => entries)).size === 1;
      looks = isSame && states.every(({ catchingUp }) => catchingUp === 0) ? looks + 1 : 0;
      return looks >= CAUGHT_UP_LOOKS;
    },
    options,
  );
}
