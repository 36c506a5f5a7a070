import type { Way, WayQuality } from "../network/way.ts";
import type { World } from "../world/world.ts";
import { type Fault, pick, pickTwo, presentNodes } from "./fault.ts";

/** Two groups of nodes that don't reach each other. */
export const partition: Fault = {
  name: "partition",
  weight: 3,
  begin: (world, random) => {
    const nodes = presentNodes(world);
    const apart = nodes.filter(() => random.below(2) === 0);
    if (apart.length === 0 || apart.length === nodes.length) return null;
    const rest = nodes.filter((node) => !apart.includes(node));
    world.trace.note(`partition: ${apart.map(({ name }) => name)} | ${rest.map(({ name }) => name)}`);
    const ways = apart.flatMap((one) => rest.flatMap((other) => waysBetween(world, one.name, other.name)));
    return blocked(world, ways, "partition");
  },
};

/** A node that is heard and does not hear, or the other way round. */
export const oneWay: Fault = {
  name: "one-way link",
  weight: 2,
  begin: (world, random) => {
    const pair = pickTwo(world, random);
    if (pair === undefined) return null;
    const [from, to] = pair;
    world.trace.note("nothing arrives from the first at the second", { nodes: [from.name, to.name] });
    return blocked(world, [world.internet.way(from.peer, to.peer)], "one-way link");
  },
};

/** A link as over a bad radio: little of it, late, and some of it twice. */
export const badLink: Fault = {
  name: "bad link",
  weight: 3,
  begin: (world, random) => {
    const pair = pickTwo(world, random);
    if (pair === undefined) return null;
    const [one, two] = pair;
    const quality: WayQuality = {
      latencyMs: 10 + random.below(400),
      jitterMs: random.below(500),
      bytesPerMs: 5 + random.below(500),
      lossPercent: random.below(30),
    };
    world.trace.note(`the link becomes bad: ${JSON.stringify(quality)}`, { nodes: [one.name, two.name] });
    const before = waysBetween(world, one.name, two.name).map((way) => ({ way, quality: way.quality }));
    for (const { way } of before) way.quality = quality;
    return () => {
      for (const { way, quality: good } of before) way.quality = good;
      world.trace.note("the link is good again", { nodes: [one.name, two.name] });
    };
  },
};

/** All connections between two nodes break. */
export const cutConnections: Fault = {
  name: "cut connections",
  weight: 2,
  begin: (world, random) => {
    const pair = pickTwo(world, random);
    const [one, two] = pair ?? [];
    const network = one?.running?.network;
    if (network === undefined || one === undefined || two === undefined) return null;
    world.trace.note("their connections break", { nodes: [one.name, two.name] });
    void network.disconnect(two.peer);
    return null;
  },
};

/** A bulk transfer breaks in the middle, and nothing else. */
export const cutTransfer: Fault = {
  name: "cut transfer",
  weight: 2,
  begin: (world, random) => {
    const links = world
      .running()
      .flatMap(({ name, running }) =>
        presentNodes(world).flatMap(({ peer }) =>
          (running?.network.bulkLinks.links(peer) ?? []).map((link) => ({ name, link })),
        ),
      );
    const found = pick(random, links);
    if (found === undefined) return null;
    world.trace.note("a transfer breaks", { nodes: [found.name] });
    found.link.destroy();
    return null;
  },
};

function waysBetween(world: World, one: string, two: string): [Way, Way] {
  const [from, to] = [world.node(one).peer, world.node(two).peer];
  return [world.internet.way(from, to), world.internet.way(to, from)];
}

/** Ways that others have blocked already stay theirs. */
function blocked(world: World, ways: readonly Way[], name: string): () => void {
  const own = ways.filter(({ isBlocked }) => !isBlocked);
  for (const way of own) way.block();
  return () => {
    for (const way of own) way.unblock();
    world.trace.note(`the ${name} ends`);
  };
}
