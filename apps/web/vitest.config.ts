import { packageVitest } from "../../build/vitest.ts";

export default packageVitest();
