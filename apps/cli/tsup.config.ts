import { cp } from "node:fs/promises";
import { packageTsup } from "../../build/tsup.ts";

// One file a worker and a chunk for what only `up` needs; native modules cannot be bundled and stay dependencies.
export default packageTsup({
  entry: { gstore: "src/gstore.ts", "seal-worker": "../../packages/server/src/sealing/seal-worker.ts" },
  noExternal: [/^(?!lmdb$|@napi-rs\/blake-hash$)/],
  esbuildOptions: (options) => {
    options.conditions = ["@gstore/source"];
  },
  // The web page goes with the command. turbo builds it first; without it the command says how to.
  onSuccess: async () => {
    const [from, to] = ["../web/dist", "dist/web"];
    await cp(from, to, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      console.warn("The web page is not built and so not in the bundle: pnpm --filter web build");
    });
  },
  banner: {
    js: 'import { createRequire as gstoreCreateRequire } from "node:module"; const require = gstoreCreateRequire(import.meta.url);',
  },
});
