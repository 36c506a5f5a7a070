import { defineConfig, type ViteUserConfig } from "vitest/config";

/** Where a package's run leaves its JSON report; scripts/turbo.mjs sums these. */
const REPORT_FILE = "reports/vitest.json";

const SOURCE_CONDITION = "@gstore/source";
const conditions = [SOURCE_CONDITION, "module", "node", "import", "default"];

/** The vitest config every package shares; `overrides` replaces single fields of its `test` part. */
export function packageVitest(overrides: ViteUserConfig["test"] = {}): ViteUserConfig {
  return defineConfig({
    // Three places, because vite, its server-side half and the processes a test starts each resolve by themselves.
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      include: ["test/**/*.test.ts"],
      passWithNoTests: true,
      execArgv: [`--conditions=${SOURCE_CONDITION}`],
      reporters: ["default", ["json", { outputFile: REPORT_FILE }]],
      testTimeout: 30_000,
      hookTimeout: 30_000,
      // turbo runs two packages at a time.
      maxWorkers: 2,
      ...overrides,
    },
  });
}
