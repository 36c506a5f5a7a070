// One node of gstore for a peer benchmark's harness (see gstore.mjs), with everything on: chunking, encryption, TLS,
// verification and a sync on every node. What the harness calls `add` ends when the file is synced and verified on every
// node, so that a receiver works while the file is still being read; `fetch` checks on the receiver that it is so.
export {
  add,
  addDir,
  connect,
  connected,
  endProfile,
  exportDir,
  exportFile,
  fetch,
  fetchDir,
  get,
  invite,
  put,
  start,
  stop,
} from "../src/node/bench-node.ts";
