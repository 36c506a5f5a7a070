// Tables out of V8's CPU profiles: node bench/profile/cpu-profile.mjs FILE... (TOP=35 rows)
// `self` is time in the function itself, with its nearest caller of ours where it is none; `inclusive` is with callees, up to
// the next await. It is wall time of the main thread: what waits for a core counts.
import { readFileSync } from "node:fs";

const ROWS = Number(process.env.TOP ?? 35);
const OURS = /\/(packages|apps|bench)\/[^:]*\.m?[tj]s$/;

for (const file of process.argv.slice(2)) {
  const { self, inclusive, callers, total } = tally(JSON.parse(readFileSync(file, "utf8")));
  console.log(
    `\n${file}: ${seconds(total)} s of the main thread, idle ${seconds(self.get("(idle)") ?? 0)} s\nself, ms`,
  );
  for (const [name, time] of top(self)) {
    const by = top(callers.get(name) ?? new Map(), 3).map(([caller, part]) => `${caller} ${ms(part)}`);
    console.log(`${ms(time).padStart(7)} ${name}${by.length > 0 ? `  <- ${by.join(", ")}` : ""}`);
  }
  console.log("inclusive, ms");
  for (const [name, time] of top(inclusive)) console.log(`${ms(time).padStart(7)} ${name}`);
}

function tally({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const selfById = new Map();
  for (const [index, id] of samples.entries()) add(selfById, id, timeDeltas[index]);
  const [self, inclusive, callers] = [new Map(), new Map(), new Map()];
  let total = 0;
  for (const [id, time] of selfById) {
    total += time;
    const path = [];
    for (let at = id; at !== undefined; at = parents.get(at)) path.push(byId.get(at).callFrame);
    const name = nameOf(path[0]);
    add(self, name, time);
    const caller = path.find((frame) => OURS.test(frame.url));
    if (caller !== undefined && caller !== path[0]) {
      if (!callers.has(name)) callers.set(name, new Map());
      add(callers.get(name), nameOf(caller), time);
    }
    for (const each of new Set(path.filter(({ url }) => OURS.test(url)).map(nameOf)))
      add(inclusive, each, time);
  }
  return { self, inclusive, callers, total };
}

function nameOf({ functionName, url, lineNumber }) {
  const file = url.replace(/^.*\/(packages|apps|node_modules)\//, "").replace("/src/", "/");
  return `${functionName || "(anonymous)"}${file === "" ? "" : ` ${file}:${lineNumber + 1}`}`;
}

function add(map, key, amount) {
  map.set(key, (map.get(key) ?? 0) + amount);
}

function top(map, rows = ROWS) {
  return [...map].sort(([, left], [, right]) => right - left).slice(0, rows);
}

function ms(microseconds) {
  return (microseconds / 1000).toFixed(0);
}

function seconds(microseconds) {
  return (microseconds / 1e6).toFixed(2);
}
