import type { MembershipDag, PlacedRecord } from "./membership-dag.ts";

/** Of records in order those that no other of them follows. */
export function allLatest(nodes: readonly PlacedRecord[], dag: MembershipDag): PlacedRecord[] {
  const found: PlacedRecord[] = [];
  for (const node of nodes.toReversed())
    if (!found.some((later) => dag.isAncestor(node.index, later.index))) found.push(node);
  return found;
}

/** The one with the lowest id. */
export function lowest<Node extends PlacedRecord>(nodes: readonly Node[]): Node | undefined {
  return nodes.toSorted((left, right) => (left.record.id < right.record.id ? -1 : 1))[0];
}

/** Of records in order the latest; of several without order among them the one with the lowest id. */
export function latestOf(nodes: readonly PlacedRecord[], dag: MembershipDag): PlacedRecord | undefined {
  return lowest(allLatest(nodes, dag));
}
