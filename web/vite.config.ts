import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import type { HtmlTagDescriptor, Plugin, Rolldown } from "vite";
import { defineConfig } from "vitest/config";

/** The pages' code is named in index.html, beside the small first script that imports it: no round trip between the two. */
function preloadPages(): Plugin {
  return {
    name: "preload-pages",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter((file) => file.type === "chunk");
        const pages = chunks.find((chunk) => chunk.facadeModuleId?.endsWith("/src/main.tsx"));
        const named = [pages, ...chunks.filter(({ fileName }) => pages?.imports.includes(fileName))];
        return named.filter((chunk) => chunk !== undefined && !chunk.isEntry).flatMap((chunk) => tagsOf(chunk!));
      },
    },
  };
}

function tagsOf(chunk: Rolldown.OutputChunk): HtmlTagDescriptor[] {
  const styles = [...(chunk.viteMetadata?.importedCss ?? [])];
  return [
    { tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `/${chunk.fileName}` }, injectTo: "head" },
    ...styles.map((href): HtmlTagDescriptor => ({
      tag: "link", attrs: { rel: "stylesheet", crossorigin: true, href: `/${href}` }, injectTo: "head",
    })),
  ];
}

// The pages run under `style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob:`:
// nothing may be inlined, neither a script nor a picture, and nothing comes from another origin.
export default defineConfig({
  plugins: [react(), preloadPages()],
  base: "/",
  resolve: { alias: [{ find: /^(fs|path)$/, replacement: fileURLToPath(new URL("src/viewer/decode/no_node.ts", import.meta.url)) }] },
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
