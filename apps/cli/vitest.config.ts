import { packageVitest } from "../../build/vitest.ts";

export default packageVitest({
  globalSetup: ["test/e2e/support/build-bundle.ts"],
  // A project adds to what it extends.
  include: [],
  projects: [
    {
      extends: true,
      test: { name: "cli", include: ["test/**/*.test.ts"], exclude: ["test/e2e/**"] },
    },
    {
      extends: true,
      test: {
        name: "e2e",
        include: ["test/e2e/**/*.e2e.test.ts"],
        // Each file starts nodes of its own and loads the machine: one after the other, when all else is done.
        fileParallelism: false,
        sequence: { groupOrder: 1 },
        testTimeout: 300_000,
        hookTimeout: 120_000,
      },
    },
  ],
});
