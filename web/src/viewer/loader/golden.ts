/** The vectors that Python's reader passes too (tests/golden/README.md). Tests only. */
import { readFileSync } from "node:fs";

import type { IndexPage } from "./index_types";

const FOLDER = new URL("../../../../tests/golden/", import.meta.url);

interface Place {
  offset: number;
  bytes: number;
}

export interface GoldenParcel {
  name: string;
  objects: Partial<Record<"heads" | "low" | "rest", Place & { sha256: string }>>;
  index: IndexPage;
  frames: { frame: string; sizes: Partial<Record<"quarter" | "half" | "full", Place & { shape: number[]; type: string }>> }[];
}

export const PARCELS = JSON.parse(readFileSync(new URL("parcels.json", FOLDER), "utf8")) as GoldenParcel[];
const BYTES = new Uint8Array(readFileSync(new URL("parcels.bin", FOLDER)));

export function goldenBytes({ offset, bytes }: Place): Uint8Array {
  return BYTES.slice(offset, offset + bytes);
}

/** @param name of a pixel object, as in the index. */
export function goldenObject(parcel: GoldenParcel, name: string): Uint8Array {
  const [sha256, kind] = name.split(".") as [string, "low" | "rest"];
  const place = parcel.objects[kind];
  if (place?.sha256 !== sha256) throw new Error(`no object ${name} in ${parcel.name}`);
  return goldenBytes(place);
}

export const WINDOWING = JSON.parse(readFileSync(new URL("windowing.json", FOLDER), "utf8")) as {
  name: string;
  stored: number[];
  signed: boolean;
  bits_stored: number;
  photometric: string;
  padding: { value: number; limit: number } | null;
  modality_lut: IndexPage["modality_luts"][number];
  voi: IndexPage["vois"][number];
  chosen: { center: number; width: number } | null;
  expected: number[];
}[];
