import type { SafetyRecord } from "@gstore/gateway/client";
import { counted } from "../../lib/format.ts";

export interface Judgement {
  readonly state: "good" | "warn" | "bad";
  readonly title: string;
  readonly text: string;
}

/** What the count of copies means, in a sentence: the worst that it says counts. */
export function judge({ current }: Pick<SafetyRecord, "current">): Judgement {
  const { all, belowCopies, belowMin, none } = current;
  if (all.versions === 0) {
    return {
      state: "good",
      title: "Nothing is stored yet",
      text: "Copies are counted once there are files.",
    };
  }
  if (none.versions > 0) {
    const title = `${counted(none.versions, "file")} can't be read now`;
    return {
      state: "bad",
      title,
      text: "No node that can be reached has a copy. Start the nodes that are away.",
    };
  }
  if (belowMin.versions > 0) {
    const title = `${counted(belowMin.versions, "file")} in danger`;
    return {
      state: "bad",
      title,
      text: "There are fewer copies than there must be. Start nodes that are away, or add one.",
    };
  }
  if (belowCopies.versions > 0) {
    const title = `${counted(belowCopies.versions, "file")} short of copies`;
    return { state: "warn", title, text: "None is in danger. The rest of the copies is made as nodes come." };
  }
  return { state: "good", title: "All files are safe", text: "Each has all the copies that it should have." };
}
