declare module "@cornerstonejs/codec-openjph" {
  import type { OpenJph } from "./htj2k";

  export default function createOpenJph(options: {
    locateFile?: () => string;
    wasmBinary?: ArrayBuffer | Uint8Array;
    print?: (line: string) => void;
    printErr?: (line: string) => void;
  }): Promise<OpenJph>;
}

declare module "@cornerstonejs/codec-openjph/wasm?url" {
  const url: string;
  export default url;
}
