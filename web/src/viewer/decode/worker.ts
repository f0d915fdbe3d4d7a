/** A decode worker: one job in, one answer out. The codec begins to load with the worker, before the first bytes are here. */
import createOpenJph from "@cornerstonejs/codec-openjph";
import wasmUrl from "@cornerstonejs/codec-openjph/wasm?url";

import { answerJob } from "./decode";
import type { Htj2kDecoder } from "./htj2k";
import type { Answer, Job } from "./job";

const decoder: Promise<Htj2kDecoder> = createOpenJph({ locateFile: () => wasmUrl, print: ignore, printErr: ignore }).then(
  (codec) => new codec.HTJ2KDecoder(),
);
decoder.catch(ignore); // told to each job that needs it

function ignore(): void {}

self.onmessage = async ({ data }: MessageEvent<Job>) => {
  const answer: Answer = await answerJob(data, () => decoder);
  const transfer = "decoded" in answer ? [answer.decoded.values.buffer as ArrayBuffer] : [];
  self.postMessage(answer, { transfer });
};
