import type { Report } from "./report.ts";
import type { Scratch } from "./scratch.ts";

export interface BenchOptions {
  /** Bytes of the large file of the end-to-end benchmarks. */
  readonly fileBytes: number;
  /** The growth curves end at these. */
  readonly maxFileBytes: number;
  readonly maxKeys: number;
}

export interface BenchContext {
  readonly report: Report;
  readonly scratch: Scratch;
  readonly options: BenchOptions;
}

export interface Benchmark {
  readonly name: string;
  readonly about: string;
  readonly run: (context: BenchContext) => Promise<void>;
}
