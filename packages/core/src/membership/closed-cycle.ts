/**
 * Nodes that depend on one another in a cycle and on nothing outside it: the first component that Tarjan's algorithm
 * (1972) completes. Every node that can be reached from `start` must depend on at least one.
 */
export function closedCycle(start: number, dependenciesOf: (node: number) => readonly number[]): number[] {
  const visited: number[] = [];
  const numbers = new Map<number, number>();
  const lowest: number[] = [];
  const walk: { node: number; dependencies: readonly number[]; next: number }[] = [];
  const enter = (node: number): void => {
    numbers.set(node, visited.length);
    lowest.push(visited.length);
    visited.push(node);
    walk.push({ node, dependencies: dependenciesOf(node), next: 0 });
  };
  enter(start);
  for (;;) {
    const step = walk.at(-1) as (typeof walk)[number];
    const number = numbers.get(step.node) as number;
    const dependency = step.dependencies[step.next++];
    if (dependency !== undefined) {
      const known = numbers.get(dependency);
      if (known === undefined) enter(dependency);
      // All that was visited is still open, since the first component that closes ends the walk.
      else lowest[number] = Math.min(lowest[number] as number, known);
      continue;
    }
    if (lowest[number] === number) return visited.slice(number);
    walk.pop();
    const before = numbers.get((walk.at(-1) as (typeof walk)[number]).node) as number;
    lowest[before] = Math.min(lowest[before] as number, lowest[number] as number);
  }
}
