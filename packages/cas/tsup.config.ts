import { packageTsup } from "../../build/tsup.ts";

export default packageTsup();
