/** What a pixel's value is of, as people read it. DICOM names it by code, or by a word of the maker's own. */
import type { viewerZhCN } from "../../text/viewer.zh-CN";
import type { Frame } from "../loader/series_index";

type Quantity = keyof typeof viewerZhCN.quantity;

/** One of the two, or neither: `quantity` has words in both languages and stands before the value, `symbol` after it. */
export interface Unit {
  quantity: Quantity | null;
  symbol: string;
}

/** Rescale Type, PS3.3 C.11.1.1.2, and PET's Units, C.8.9.1.1.3. */
const SYMBOLS: Record<string, string> = {
  HU: "HU",
  HUMOD: "HU",
  MGML: "mg/mL",
  ED: "10²³/mL",
  PCT: "%",
  PCNT: "%",
  BQML: "Bq/mL",
  GML: "g/mL",
  MLML: "mL/mL",
  MLG: "mL/g",
  MLMING: "mL/min/g",
  MLMINML: "mL/min/mL",
  MGMINML: "mg/min/mL",
  UMOLML: "µmol/mL",
  UMOLMINML: "µmol/min/mL",
  CM2: "cm²",
  CM2ML: "cm²/mL",
  "1CM": "1/cm",
  US: "", // unspecified
  NONE: "",
};

/** Codes that say what is measured, not in which unit. */
const QUANTITIES: Record<string, Quantity> = {
  SIGNALINTENSITY: "signal",
  NORMALIZED: "normalized",
  OD: "opticalDensity",
  ZEFF: "atomicNumber",
  EDW: "electronDensity",
  CNTS: "counts",
  CPS: "countRate",
  PROPCNTS: "likeCounts",
  PROPCPS: "likeCountRate",
  STDDEV: "deviations",
};

export function unitOf({ modalityLut, format }: Pick<Frame, "modalityLut" | "format">): Unit {
  if (format.samples !== 1) return { quantity: null, symbol: "" };
  const code = modalityLut.unit.toUpperCase().replace(/[^A-Z0-9]/g, "");
  const quantity = QUANTITIES[code] ?? null;
  return { quantity, symbol: quantity === null ? (SYMBOLS[code] ?? modalityLut.unit) : "" };
}
