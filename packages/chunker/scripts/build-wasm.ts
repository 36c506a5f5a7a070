// Writes src/scan.generated.ts from assembly/scan.ts: `node packages/chunker/scripts/build-wasm.ts`
import { writeFile } from "node:fs/promises";
import { compileWasm } from "./compile-wasm.ts";

const wasm = await compileWasm();
await writeFile(
  new URL("../src/scan.generated.ts", import.meta.url),
  `// Generated from assembly/scan.ts by scripts/build-wasm.ts; do not edit.
/** The compiled search, in base64. */
export const SCAN_WASM_BASE64: string =
  "${Buffer.from(wasm).toString("base64")}";
`,
);
process.stdout.write(`scan.generated.ts: ${wasm.length} bytes of WebAssembly\n`);
