import { packageTsup } from "../../build/tsup.ts";

export default packageTsup({ entry: ["src/index.ts", "src/client.ts"] });
