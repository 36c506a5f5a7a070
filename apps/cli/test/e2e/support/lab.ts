import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { TestNode, type UpOptions } from "./test-node.ts";
import { waitFor } from "./wait-for.ts";

/** The nodes and folders of one test file. All of it is gone when the file's tests are over. */
export class Lab {
  readonly #nodes: TestNode[] = [];
  readonly #cleanups: (() => Promise<void>)[] = [];
  #root: string | null = null;
  #folders = 0;

  /** For use at the top of a test file. */
  static forThisFile(): Lab {
    const lab = new Lab();
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

  /** Starts nodes, each connected to all that run, and waits until all know and see each other. */
  async start(nodes: readonly TestNode[], options: UpOptions = {}): Promise<void> {
    for (const node of nodes) {
      const bootstrap = nodes.filter(({ isUp }) => isUp).map(({ address }) => address);
      if (!node.isUp) await node.up({ bootstrap, ...options });
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

  async close(): Promise<void> {
    await Promise.all(this.#nodes.filter(({ isUp }) => isUp).map((node) => node.kill()));
    for (const work of this.#cleanups) await work();
    if (this.#root !== null) await rm(this.#root, { recursive: true, force: true });
  }
}

/** Waits until each of the nodes is connected to all others. */
export async function connected(nodes: readonly TestNode[]): Promise<void> {
  await waitFor("all nodes are connected", async () => {
    const ids = nodes.map(({ id }) => id);
    for (const node of nodes) {
      const peers = await node.client.peers();
      const seen = new Set(peers.filter((peer) => peer.connected).map(({ id }) => id));
      if (!ids.every((id) => id === node.id || seen.has(id))) return false;
    }
    return true;
  });
}
