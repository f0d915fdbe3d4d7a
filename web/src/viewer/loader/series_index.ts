/** Reads a series index page: checks what the viewer relies on, then answers questions about frames and their pieces. */
import { ViewerError } from "./errors";
import type { FrameFormat, IndexPage, ModalityLut, Palette, PieceColumns, Plane, Triple, Voi } from "./index_types";

export const PIECES = ["quarter", "half", "full"] as const;
export type PieceName = (typeof PIECES)[number];

/** A run of bytes of one frame, in one object. */
export interface Piece {
  frame: number;
  name: PieceName;
  object: string;
  offset: number;
  bytes: number;
  crc32: number;
}

export interface Frame {
  /** Place in the series, from 0. */
  index: number;
  id: string;
  number: number | null;
  format: FrameFormat;
  plane: Plane;
  modalityLut: ModalityLut;
  voi: Voi;
  palette: Palette | null;
  position: Triple | null;
  timeMs: number | null;
}

export interface SeriesIndex {
  readonly series: string;
  readonly modality: string;
  readonly bodyPart: string;
  readonly received: number;
  readonly declared: number | null;
  readonly complete: boolean;
  /** Frames per second for cine, when the images say so. */
  readonly frameRate: number | null;
  readonly frames: readonly Frame[];
  /** Frames of the whole series; more than `frames` when the index has several pages. */
  readonly total: number;
  readonly objects: readonly { name: string; bytes: number }[];
  /** The piece, or null when this frame has none of that name. */
  piece(frame: number, name: PieceName): Piece | null;
  /** All pieces of a frame, in the order in which their bytes are joined. */
  pieces(frame: number): readonly Piece[];
}

const HEADER_BYTES = 16;

/**
 * @param page parsed JSON of a `.index` object.
 * @throws ViewerError `malformed` when columns differ in length, point outside their tables or objects, or the schema is unknown.
 */
export function readIndex(page: unknown): SeriesIndex {
  const index = page as IndexPage;
  check(index?.schema === "series_index.v1", "schema");
  const { columns, objects } = index;
  const count = columns.frame.length;
  check(index.page.count === count, "page.count");
  const frames: Frame[] = [];
  const pieces: Record<PieceName, (Piece | null)[]> = { quarter: [], half: [], full: [] };
  for (const name of PIECES) checkColumns(columns[name], count, name);
  for (let i = 0; i < count; i++) {
    const palette = at(columns.palette, i, "palette");
    frames.push({
      index: i,
      id: at(columns.frame, i, "frame"),
      number: at(columns.number, i, "number"),
      format: at(index.formats, at(columns.format, i, "format"), "formats"),
      plane: at(index.planes, at(columns.plane, i, "plane"), "planes"),
      modalityLut: at(index.modality_luts, at(columns.modality_lut, i, "modality_lut"), "modality_luts"),
      voi: at(index.vois, at(columns.voi, i, "voi"), "vois"),
      palette: palette < 0 ? null : at(index.palettes, palette, "palettes"),
      position: at(columns.position, i, "position"),
      timeMs: at(columns.time_ms, i, "time_ms"),
    });
    for (const name of PIECES) pieces[name].push(readPiece(columns[name], i, name, objects));
  }
  return {
    series: index.series,
    modality: index.modality,
    bodyPart: index.body_part,
    received: index.received,
    declared: index.declared,
    complete: index.complete,
    frameRate: index.frame_rate,
    frames,
    total: index.page.frames,
    objects,
    piece: (frame, name) => pieces[name][frame] ?? null,
    pieces: (frame) => PIECES.map((name) => pieces[name][frame]).filter((piece): piece is Piece => piece != null),
  };
}

function readPiece(columns: PieceColumns, i: number, name: PieceName, objects: IndexPage["objects"]): Piece | null {
  const number = at(columns.object, i, name);
  if (number < 0) return null;
  const object = at(objects, number, "objects");
  const offset = at(columns.offset, i, name);
  const bytes = at(columns.bytes, i, name);
  check(offset >= HEADER_BYTES && bytes > 0 && offset + bytes <= object.bytes, `${name} piece of frame ${i}`);
  return { frame: i, name, object: object.name, offset, bytes, crc32: at(columns.crc32, i, name) };
}

function checkColumns(columns: PieceColumns, count: number, name: string): void {
  for (const column of [columns.object, columns.offset, columns.bytes, columns.crc32]) check(column.length === count, name);
}

function at<T>(list: readonly T[], i: number, what: string): T {
  check(i >= 0 && i < list.length, what);
  return list[i] as T;
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new ViewerError("malformed", `series index: ${what}`);
}
