import { setTimeout as delay } from "node:timers/promises";
import { isGstoreError } from "@gstore/gateway/client";
import { expect } from "vitest";
import { caughtUp, type Lab } from "./lab.ts";
import { pseudoBytes, seededRandom } from "./pseudo-bytes.ts";
import type { TestNode } from "./test-node.ts";

const LANES = 4;
/** From files that go along with their announcement to some that are pushed while they are read. */
const FILE_BYTES_MAX = 400_000;
const KILL_AFTER_MS_MAX = 400;
/** One of the nodes, or both. */
const VICTIMS = [[0], [1], [0], [1], [0, 1]] as const;

export interface KillRoundsOptions {
  readonly lab: Lab;
  readonly nodes: readonly [TestNode, TestNode];
  readonly rounds: number;
  readonly seed: string;
}

/**
 * Puts files on two nodes at once, and kills one or both by SIGKILL at a random moment, again and again. Each put that
 * was acknowledged has to be there after the restart, on both nodes, byte for byte; others whole or not at all.
 */
export async function killRounds({ lab, nodes, rounds, seed }: KillRoundsOptions): Promise<void> {
  const random = seededRandom(seed);
  const files = new Files(seed);
  for (let round = 0; round < rounds; round++) {
    await lab.start(nodes);
    for (const node of nodes) await files.expectOn(node, files.takeRecent(node));
    let isOver = false;
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      const node = nodes[lane % 2] as TestNode;
      for (let count = 0; !isOver; count++) {
        const { key, content } = files.make(`${round}/${lane}/${count}`, random() ** 2 * FILE_BYTES_MAX);
        try {
          await node.client.put(key, content);
          files.acknowledge(key);
        } catch (error) {
          if (!isOver || !isGstoreError(error, "CONNECTION_LOST", "NOT_RUNNING")) throw error;
        }
      }
    });
    const settled = Promise.allSettled(lanes);
    await delay(random() * KILL_AFTER_MS_MAX);
    isOver = true;
    const victims = VICTIMS[Math.floor(random() * VICTIMS.length)] ?? [];
    await Promise.all(victims.map((index) => nodes[index].kill()));
    expect((await settled).filter(({ status }) => status === "rejected")).toEqual([]);
  }
  for (const [node, other] of [nodes, nodes.toReversed()] as const) {
    if (node === undefined || other === undefined) return;
    await lab.start(nodes);
    await caughtUp(nodes);
    await node.done(["verify"]);
    // From its own disk.
    await other.stop();
    const keys = await node.keys();
    expect(keys).toEqual(expect.arrayContaining([...files.acknowledged]));
    await files.expectOn(node, keys);
  }
  console.log(`${seed}: ${files.acknowledged.length} of ${files.count} puts were acknowledged`);
}

/** What was put, and how far that went. */
class Files {
  readonly #seed: string;
  readonly #sizes = new Map<string, number>();
  readonly #acknowledged: string[] = [];
  /** How many of the acknowledged ones each node was asked for. */
  readonly #asked = new Map<TestNode, number>();

  constructor(seed: string) {
    this.#seed = seed;
  }

  get count(): number {
    return this.#sizes.size;
  }

  get acknowledged(): readonly string[] {
    return this.#acknowledged;
  }

  make(key: string, size: number): { readonly key: string; readonly content: Buffer } {
    this.#sizes.set(key, Math.floor(size));
    return { key, content: this.#contentOf(key) };
  }

  acknowledge(key: string): void {
    this.#acknowledged.push(key);
  }

  /** Those acknowledged since the node was last asked. */
  takeRecent(node: TestNode): readonly string[] {
    const recent = this.#acknowledged.slice(this.#asked.get(node) ?? 0);
    this.#asked.set(node, this.#acknowledged.length);
    return recent;
  }

  async expectOn(node: TestNode, keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const content = await node.read(key);
      expect(content.equals(this.#contentOf(key)), `${key} on ${node.name}, ${this.#seed}`).toBe(true);
    }
  }

  #contentOf(key: string): Buffer {
    return pseudoBytes(`${this.#seed} ${key}`, this.#sizes.get(key) ?? 0);
  }
}
