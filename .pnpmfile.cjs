/** Changes to what packages say they need. */
module.exports = {
  hooks: {
    readPackage(manifest) {
      // It prints types by the compiler's API, which TypeScript 7 has not: it gets one that has it, to itself.
      if (manifest.name === "openapi-typescript") {
        delete manifest.peerDependencies.typescript;
        manifest.dependencies.typescript = "5.9.3";
      }
      return manifest;
    },
  },
};
