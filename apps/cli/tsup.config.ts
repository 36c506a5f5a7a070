import { packageTsup } from "../../build/tsup.ts";

// One file a worker and a chunk for what only `up` needs; native modules cannot be bundled and stay dependencies.
export default packageTsup({
  entry: { gstore: "src/gstore.ts", "seal-worker": "../../packages/server/src/sealing/seal-worker.ts" },
  noExternal: [/^(?!lmdb$|@napi-rs\/blake-hash$)/],
  esbuildOptions: (options) => {
    options.conditions = ["@gstore/source"];
  },
  banner: {
    js: 'import { createRequire as gstoreCreateRequire } from "node:module"; const require = gstoreCreateRequire(import.meta.url);',
  },
});
