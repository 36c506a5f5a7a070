import { packageVitest } from "../../build/vitest.ts";

const HOUR_MS = 3_600_000;

export default packageVitest({
  include: ["test/soak/**/*.soak.ts"],
  maxWorkers: 1,
  testTimeout: HOUR_MS,
  hookTimeout: 120_000,
});
