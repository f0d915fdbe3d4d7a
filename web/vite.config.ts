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

/** Code of the staff's pages alone goes by that name: tests weigh what a patient's phone loads without it. */
const STAFF = /\/src\/staff\/|\/src\/text\/staff|\/node_modules\/(antd|@ant-design|@rc-component|dayjs)\//;

function nameOf({ moduleIds }: { moduleIds: string[] }): string {
  return moduleIds.some((id) => STAFF.test(id)) ? "assets/staff-[name]-[hash].js" : "assets/[name]-[hash].js";
}

/** Ant Design writes its variables into `<style>`, which the pages' policy forbids: ours adopts a sheet instead. */
function adoptStyles(): Plugin {
  const ours = fileURLToPath(new URL("src/staff/adopted_styles.ts", import.meta.url));
  return { name: "adopt-styles", enforce: "pre", resolveId: (source) => (/\/Dom\/dynamicCSS$/.test(source) ? ours : null) };
}

// The pages run under `style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob:`:
// nothing may be inlined, neither a script nor a picture, and nothing comes from another origin.
export default defineConfig({
  plugins: [react(), preloadPages(), adoptStyles()],
  base: "/",
  resolve: { alias: [{ find: /^(fs|path)$/, replacement: fileURLToPath(new URL("src/viewer/decode/no_node.ts", import.meta.url)) }] },
  build: {
    target: ["es2022", "chrome108", "safari16", "firefox115"],
    assetsInlineLimit: 0,
    sourcemap: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: { output: { chunkFileNames: nameOf } },
  },
  worker: { format: "es" },
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
    environment: "node",
  },
});
