/** One open series: loader, decoders' results and view, tied together for the page. */
import { ahead } from "../../api/ahead";
import type { Doors } from "../../api/doors";
import { createPictures, type Pictures } from "../decode/pictures";
import { decodable } from "../decode/decode";
import type { DecodePool } from "../decode/pool";
import { asViewerError, type ViewerError } from "../loader/errors";
import { createPieceCache } from "../loader/piece_cache";
import type { PixelStore } from "../loader/pixel_store";
import type { SeriesIndex } from "../loader/series_index";
import { createSeriesLoader, type SeriesLoader } from "../loader/series_loader";
import { createTransport } from "../loader/transport";
import { createStore, type Store } from "./store";
import { INITIAL_VIEW, type View } from "./view";

export interface Ready {
  index: SeriesIndex;
  loader: SeriesLoader;
  pictures: Pictures;
  view: Store<View>;
}

export type Phase = { state: "opening" } | { state: "failed"; error: ViewerError } | ({ state: "ready" } & Ready);

export interface Session {
  readonly phase: Store<{ now: Phase }>;
  /** Opens the series unless it is open already; again after a failure or after `close`. */
  open: () => void;
  close(): void;
}

export interface Device {
  store: PixelStore;
  pool: DecodePool;
  /** Bytes of received pieces and of decoded pictures kept in memory. */
  pieceBytes: number;
  pictureBytes: number;
  /** Whether the whole series may be loaded, or the reader saves data. */
  everything: boolean;
}

const MIB = 1 << 20;

/** What a phone can spare is less than what a desk can. */
export function memoryLimits(small: boolean): Pick<Device, "pieceBytes" | "pictureBytes"> {
  return small ? { pieceBytes: 64 * MIB, pictureBytes: 96 * MIB } : { pieceBytes: 160 * MIB, pictureBytes: 320 * MIB };
}

export interface Opened {
  /** Keyed name. */
  series: string;
  /** Names of all pages of its index, asked for when there are several. */
  pages: () => Promise<readonly string[]>;
  /** Address that signs its place. */
  door: Doors["series"];
}

export function createSession(series: Opened, device: Device): Session {
  const phase = createStore<{ now: Phase }>({ now: { state: "opening" } });
  let end: (() => void) | null = null;

  function open(): void {
    if (end && phase.get().now.state !== "failed") return;
    end?.();
    phase.set({ now: { state: "opening" } });
    end = begin(series, device, (now) => phase.set({ now }));
  }

  return {
    phase,
    open,
    close() {
      end?.();
      end = null;
    },
  };
}

/** @returns how to end it. */
function begin({ series, pages, door }: Opened, device: Device, tell: (phase: Phase) => void): () => void {
  const loader = createSeriesLoader({
    transport: createTransport(series, { fetch: ahead.fetch, now: () => Date.now(), door }),
    pages,
    cache: createPieceCache(device.store, device.pieceBytes),
    later: (ms, call) => {
      const timer = window.setTimeout(call, ms);
      return () => window.clearTimeout(timer);
    },
    everything: device.everything,
    decodable,
  });
  let pictures: Pictures | null = null;
  let ended = false;
  loader.open().then(
    (index) => {
      if (ended) return;
      pictures = createPictures({ index, loader, pool: device.pool, limitBytes: device.pictureBytes });
      const rate = Math.round(index.frameRate ?? INITIAL_VIEW.rate);
      const view = createStore<View>({ ...INITIAL_VIEW, frame: loader.interest.current, rate });
      follow(view, loader, pictures);
      tell({ state: "ready", index, loader, pictures, view });
    },
    (error: unknown) => {
      if (!ended) tell({ state: "failed", error: asViewerError(error) });
    },
  );
  return () => {
    ended = true;
    loader.close();
    pictures?.close();
    device.pool.forget();
  };
}

function follow(view: Store<View>, loader: SeriesLoader, pictures: Pictures): void {
  view.subscribe(() => {
    const { frame } = view.get();
    if (frame === loader.interest.current) return;
    loader.focus(frame);
    pictures.refresh();
  });
  loader.subscribe(() => pictures.refresh());
  pictures.refresh();
}
