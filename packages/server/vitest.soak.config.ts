import { packageVitest } from "../../build/vitest.ts";

export default packageVitest({ include: ["test/soak/**/*.soak.ts"], maxWorkers: 1 });
