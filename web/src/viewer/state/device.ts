/** What the device gives: a place to keep pieces, workers to decode, and how much memory. */
import { createDecodePool, poolSize, type DecodePool } from "../decode/pool";
import { takeWorker } from "../decode/make_worker";
import { createPixelStore } from "../loader/pixel_store";
import { memoryLimits, type Device } from "./session";

export interface OpenDevice extends Device {
  /** Starts the workers; the codec begins to load. Again after `close`, as development's double mount does. */
  open(): void;
  close(): void;
}

export function createDevice(): OpenDevice {
  const small = window.matchMedia("(pointer: coarse)").matches;
  const saving = (navigator as Navigator & { connection?: { saveData?: boolean } }).connection?.saveData === true;
  let pool: DecodePool | null = null;
  const store = createPixelStore(window.indexedDB);
  const started = () =>
    (pool ??= createDecodePool(
      takeWorker,
      poolSize(navigator.hardwareConcurrency || 2),
    ));
  return {
    store,
    pool: {
      decode: (job) => started().decode(job),
      forget: () => pool?.forget(),
      close: () => pool?.close(),
    },
    ...memoryLimits(small),
    everything: !saving,
    open() {
      started();
      store.warm();
    },
    close() {
      pool?.close();
      pool = null;
    },
  };
}
