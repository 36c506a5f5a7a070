import { packageVitest } from "../../build/vitest.ts";

export default packageVitest({ include: ["test/**/*.test.ts"], testTimeout: 120_000 });
