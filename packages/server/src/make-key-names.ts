import type { NameIndex } from "@gstore/core";
import type { NodeMakings } from "./assemble-node.ts";
import { type KeyChange, KeyNames } from "./key-names.ts";
import type { Spaces } from "./membership/spaces.ts";
import { changeOf } from "./node-events.ts";
import { progressTeller } from "./progress-teller.ts";

/** While the node starts it tells how far the names are read, where that takes long. */
export function makeKeyNames(
  { disk, members, clock, logger, events, stopping }: NodeMakings,
  own: { readonly index: NameIndex; readonly spaces: Spaces; readonly isStarting: () => boolean },
): KeyNames {
  const { index, spaces, isStarting } = own;
  const { entries } = disk;
  const changed = ({ name: key, record }: KeyChange): void => {
    events.emit("change", changeOf(key, record, spaces));
  };
  const tell = progressTeller({ clock, logger }, "the names of the keys are read from the entries");
  const progress = (read: number): void => {
    if (isStarting()) tell(read, entries.count());
  };
  return new KeyNames({ entries, index, spaces, members, changed, progress, stopping });
}
