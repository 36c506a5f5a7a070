import { defineConfig, type Options } from "tsup";

type Config = ReturnType<typeof defineConfig>;

/** The tsup config every package shares: ESM only, one entry; declarations come from tsc (tsconfig.build.json). */
export function packageTsup(overrides: Options = {}): Config {
  return defineConfig({
    entry: ["src/index.ts"],
    format: "esm",
    target: "node22",
    platform: "node",
    sourcemap: true,
    clean: true,
    dts: false,
    splitting: true,
    silent: true,
    ...overrides,
  });
}
