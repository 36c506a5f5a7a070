import { readFile } from "node:fs/promises";
import { main } from "assemblyscript/asc";

const SOURCE = new URL("../assembly/scan.ts", import.meta.url);
const OPTIONS: readonly string[] = [
  ...["-O3", "--converge", "--noAssert", "--runtime", "stub", "--enable", "simd"],
  ...["--initialMemory", "1", "--maximumMemory", "1"],
];

/**
 * The WebAssembly that assembly/scan.ts compiles to. The compiler is deterministic: one version of it gives the same
 * bytes everywhere. Rejects with its messages where the source does not compile.
 */
export async function compileWasm(): Promise<Uint8Array> {
  const source = await readFile(SOURCE, "utf8");
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await main(["scan.ts", "-o", "scan.wasm", ...OPTIONS], {
    readFile: (name) => (name === "scan.ts" ? source : null),
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") wasm = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || wasm === undefined) throw new Error(stderr.toString(), { cause: error });
  return wasm;
}
