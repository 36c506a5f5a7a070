import { packageVitest } from "../../build/vitest.ts";

export default packageVitest({ include: ["test/soak/**/*.soak.ts"], testTimeout: 7_200_000 });
