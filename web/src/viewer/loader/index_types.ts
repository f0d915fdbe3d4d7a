/** The series index as it travels: `events/schemas/series_index.v1.json`. Columns have one value per frame of the page. */

export interface PieceColumns {
  /** Index into `objects`; -1: this frame has no such piece. */
  object: number[];
  offset: number[];
  bytes: number[];
  crc32: number[];
}

export type Codec =
  | "htj2k" | "zstd" | "jpeg" | "jpeg-lossless" | "jpeg-ls" | "jpeg2000" | "htj2k-source" | "rle" | "mpeg" | "none" | "withheld";

export interface FrameFormat {
  codec: Codec;
  transfer_syntax_uid: string;
  rows: number;
  columns: number;
  samples: number;
  photometric: string;
  planar: number;
  bits_allocated: number;
  bits_stored: number;
  high_bit: number;
  signed: boolean;
  padding: { value: number; limit: number } | null;
  /** How often the piece `quarter` is halved against full size: 2 for htj2k. */
  levels: number;
}

export type Triple = [number, number, number];

export interface Plane {
  /** Direction cosines of a row (towards higher columns), then of a column (towards higher rows), in the patient. */
  orientation: [number, number, number, number, number, number] | null;
  /** mm: between rows, between columns. */
  spacing: [number, number] | null;
  spacing_source: "pixel" | "imager" | "calibrated" | "ultrasound" | "none";
  frame_of_reference: number;
  /** mm */
  thickness: number | null;
}

export interface LutTable {
  first: number;
  bits: number;
  values: number[];
}

export interface ModalityLut {
  slope: number;
  intercept: number;
  unit: string;
  lut: LutTable | null;
}

export type VoiFunction = "LINEAR" | "LINEAR_EXACT" | "SIGMOID";

export interface Voi {
  windows: { center: number; width: number }[];
  function: VoiFunction;
  lut: LutTable | null;
}

export interface Palette {
  red: LutTable;
  green: LutTable;
  blue: LutTable;
}

export interface IndexPage {
  schema: "series_index.v1";
  series: string;
  version: number;
  page: { first: number; count: number; frames: number };
  received: number;
  declared: number | null;
  complete: boolean;
  modality: string;
  body_part: string;
  laterality: string;
  patient_position: string;
  /** Frames per second, for cine. */
  frame_rate: number | null;
  objects: { name: string; bytes: number }[];
  formats: FrameFormat[];
  planes: Plane[];
  modality_luts: ModalityLut[];
  vois: Voi[];
  palettes: Palette[];
  columns: {
    frame: string[];
    instance: number[];
    number: (number | null)[];
    frame_number: number[];
    format: number[];
    plane: number[];
    modality_lut: number[];
    voi: number[];
    palette: number[];
    position: (Triple | null)[];
    time_ms: (number | null)[];
    quarter: PieceColumns;
    half: PieceColumns;
    full: PieceColumns;
  };
}
