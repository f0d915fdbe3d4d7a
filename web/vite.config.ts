import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The pages run under `style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob:`:
// nothing may be inlined, neither a script nor a picture, and nothing comes from another origin.
export default defineConfig({
  plugins: [react()],
  base: "/",
  build: {
    target: ["es2022", "chrome108", "safari16", "firefox115"],
    assetsInlineLimit: 0,
    sourcemap: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  worker: { format: "es" },
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
    environment: "node",
  },
});
