import { getHeapSpaceStatistics, type HeapSpaceInfo, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** V8's own collection of all that is no longer in use; `thorough` gives back what it takes in advance, too. */
export type CollectGarbage = (options?: { thorough: boolean }) => void;

/** Node gives it by name only to a process that was started with a flag. */
export function garbageCollector(): CollectGarbage {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as (options: object) => void;
  setFlagsFromString("--no-expose-gc");
  return ({ thorough } = { thorough: false }) =>
    gc({ type: "major", execution: "sync", flavor: thorough ? "last-resort" : "regular" });
}

/** One of the parts that V8 has objects in. */
export function heapSpace(name: string): HeapSpaceInfo | undefined {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === name);
}
