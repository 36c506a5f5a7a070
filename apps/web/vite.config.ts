import { defineConfig } from "vite";

export default defineConfig({
  build: {
    // Every browser that has had `light-dark()` and `:has()` for two years.
    target: "es2023",
    // A node keeps the whole page in memory, and the policy that it sends allows no data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
    rolldownOptions: {
      onwarn: (warning, warn) => {
        // "use client" is for frameworks that run components on servers.
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
    },
  },
});
