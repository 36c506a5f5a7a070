import { setFlagsFromString } from "node:v8";

/**
 * Keeps V8's young generation small. A node makes much short-lived garbage, and V8 answers by growing the young
 * generation until a node under many small puts has 290 MiB of anonymous memory, of which 170 are empty space; so it
 * stays at 160 for about a tenth more CPU. To be called before the node is made.
 */
export function keepNodeMemorySmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
