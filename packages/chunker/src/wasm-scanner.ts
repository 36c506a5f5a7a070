import type { GearTable } from "./gear-table.ts";
import { SCAN_WASM_BASE64 } from "./scan.generated.ts";
import { HASH_WINDOW_BYTES, type Scanner, type ScanRange } from "./scanner.ts";

// The memory map of assembly/scan.ts.
const NIBBLES_OFFSET = 1024;
const DATA_OFFSET = 2048;
/** Positions searched per call. The copy then stays in the first-level cache, and little is copied past a cut. */
const POSITIONS_PER_CALL = 32 * 1024;

/**
 * The scanner in WebAssembly (assembly/scan.ts). All of them share one instance and its 64 KiB of memory: a search is
 * synchronous, so that only the tables have to change hands.
 */
export class WasmScanner implements Scanner {
  readonly #table: GearTable;

  constructor(table: GearTable) {
    this.#table = table;
  }

  find(bytes: Uint8Array, { from, to, mask }: ScanRange): number {
    const { memory, search } = engineWith(this.#table);
    for (let start = from; start < to; start += POSITIONS_PER_CALL) {
      const count = Math.min(to - start, POSITIONS_PER_CALL);
      memory.set(bytes.subarray(start - HASH_WINDOW_BYTES, start - 1 + count), DATA_OFFSET);
      const found = search(count, mask);
      if (found >= 0) return start + found;
    }
    return 0;
  }
}

/** Whether this engine runs the module at all: any Node we support does, unless it was started without a JIT. */
export function wasmSimdSupported(): boolean {
  supported ??= webAssembly()?.validate(wasmBytes()) ?? false;
  return supported;
}

interface Engine {
  readonly memory: Uint8Array;
  readonly search: (count: number, mask: number) => number;
  table: GearTable | undefined;
}

let supported: boolean | undefined;
let engine: Engine | undefined;

function engineWith(table: GearTable): Engine {
  engine ??= instantiate();
  if (engine.table !== table) {
    const { gear, nibbles } = table;
    const view = new DataView(engine.memory.buffer);
    for (const [byte, value] of gear.entries()) view.setUint32(4 * byte, value, true);
    engine.memory.set(nibbles, NIBBLES_OFFSET);
    engine.table = table;
  }
  return engine;
}

function instantiate(): Engine {
  const api = webAssembly();
  if (api === undefined) throw new Error("This JavaScript engine has no WebAssembly.");
  const { memory, search } = new api.Instance(new api.Module(wasmBytes())).exports;
  return { memory: new Uint8Array(memory.buffer), search, table: undefined };
}

function wasmBytes(): Uint8Array {
  return Buffer.from(SCAN_WASM_BASE64, "base64");
}

/** The part of the WebAssembly interface used here; the `es2024` library has no types for it. */
interface WebAssemblyApi {
  readonly validate: (bytes: Uint8Array) => boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer };
      readonly search: Engine["search"];
    };
  };
}

function webAssembly(): WebAssemblyApi | undefined {
  return (globalThis as unknown as { WebAssembly?: WebAssemblyApi }).WebAssembly;
}
