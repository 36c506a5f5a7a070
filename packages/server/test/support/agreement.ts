import { openSpaces } from "@gstore/crypto";
import type { TestIdentity, TestNode } from "./test-network.ts";
import { until } from "./waiting.ts";

/** All that a node says of its network, as a value that compares. */
export function viewOf({ parts }: TestNode): unknown {
  const { members, removed, spaces, heads, missing } = parts.members.state;
  return {
    members: [...members].map(([peer, { name, role, spaces: held }]) => [peer, name, role, held]),
    removed: [...removed.keys()],
    spaces: [...spaces].map(([id, { currentEpoch, readersWithoutKeys, isRotationDue }]) => [
      ...[id, currentEpoch, readersWithoutKeys, isRotationDue],
    ]),
    heads,
    missing,
  };
}

/** Resolves when all these nodes say the same. */
export async function untilAgreed(nodes: readonly TestNode[]): Promise<void> {
  await until("all nodes agree on the membership log", () => {
    const views = nodes.map((node) => JSON.stringify(viewOf(node)));
    return views.every((view) => view === views[0]);
  });
}

/** Whether somebody with this identity can open what is sealed in a space's current epoch, by the log of a node. */
export function canOpenCurrent({ parts }: TestNode, { identity }: TestIdentity): boolean {
  const { state } = parts.members;
  const held = openSpaces(state, identity);
  return [...state.spaces].some(([id, { currentEpoch }]) =>
    held.some((space) => space.id === id && space.epochs.some((epoch) => epoch.id === currentEpoch)),
  );
}
