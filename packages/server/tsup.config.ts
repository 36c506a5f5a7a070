import { packageTsup } from "../../build/tsup.ts";

// One entry a thread beside the package's own.
export default packageTsup({ entry: { index: "src/index.ts", "seal-worker": "src/sealing/seal-worker.ts" } });
