/** Reads the pages of a series index: checks what the viewer relies on, then answers questions about frames and their pieces. */
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
  readonly objects: readonly { name: string; bytes: number }[];
  /** The piece, or null when this frame has none of that name. */
  piece(frame: number, name: PieceName): Piece | null;
  /** All pieces of a frame, in the order in which their bytes are joined. */
  pieces(frame: number): readonly Piece[];
}

const HEADER_BYTES = 16;

/** Whether a page, parsed, is the whole index. */
export function isWhole(page: unknown): boolean {
  const { count, frames } = (page as Partial<IndexPage> | null)?.page ?? {};
  return count === frames;
}

/**
 * @param pages parsed JSON of the `.index` objects, all of them and in order.
 * @throws ViewerError `malformed` when columns differ in length, point outside their tables or objects, the schema is unknown, or
 * the pages are not all of one index.
 */
export function readIndex(...pages: readonly unknown[]): SeriesIndex {
  const frames: Frame[] = [];
  const pieces: Record<PieceName, (Piece | null)[]> = { quarter: [], half: [], full: [] };
  const objects = new Map<string, { name: string; bytes: number }>();
  const [head] = pages as IndexPage[];
  for (const page of pages as IndexPage[]) {
    check(page?.schema === "series_index.v1", "schema");
    const { first, count } = page.page;
    check(page.series === head!.series && page.version === head!.version && first === frames.length, "page.first");
    check(count === page.columns.frame.length, "page.count");
    readPage(page, frames, pieces);
    for (const object of page.objects) objects.set(object.name, object);
  }
  check(head !== undefined && head.page.frames === frames.length, "page.frames");
  return {
    series: head!.series,
    modality: head!.modality,
    bodyPart: head!.body_part,
    received: head!.received,
    declared: head!.declared,
    complete: head!.complete,
    frameRate: head!.frame_rate,
    frames,
    objects: [...objects.values()],
    piece: (frame, name) => pieces[name][frame] ?? null,
    pieces: (frame) => PIECES.map((name) => pieces[name][frame]).filter((piece): piece is Piece => piece != null),
  };
}

/** Adds a page's frames and their pieces to those of the pages before it. */
function readPage(page: IndexPage, frames: Frame[], pieces: Record<PieceName, (Piece | null)[]>): void {
  const { columns, objects } = page;
  const count = columns.frame.length;
  for (const name of PIECES) checkColumns(columns[name], count, name);
  for (let i = 0; i < count; i++) {
    const palette = at(columns.palette, i, "palette");
    for (const name of PIECES) pieces[name].push(readPiece(columns[name], i, frames.length, name, objects));
    frames.push({
      index: frames.length,
      id: at(columns.frame, i, "frame"),
      number: at(columns.number, i, "number"),
      format: at(page.formats, at(columns.format, i, "format"), "formats"),
      plane: at(page.planes, at(columns.plane, i, "plane"), "planes"),
      modalityLut: at(page.modality_luts, at(columns.modality_lut, i, "modality_lut"), "modality_luts"),
      voi: at(page.vois, at(columns.voi, i, "voi"), "vois"),
      palette: palette < 0 ? null : at(page.palettes, palette, "palettes"),
      position: at(columns.position, i, "position"),
      timeMs: at(columns.time_ms, i, "time_ms"),
    });
  }
}

function readPiece(
  columns: PieceColumns, i: number, frame: number, name: PieceName, objects: IndexPage["objects"],
): Piece | null {
  const number = at(columns.object, i, name);
  if (number < 0) return null;
  const object = at(objects, number, "objects");
  const offset = at(columns.offset, i, name);
  const bytes = at(columns.bytes, i, name);
  check(offset >= HEADER_BYTES && bytes > 0 && offset + bytes <= object.bytes, `${name} piece of frame ${frame}`);
  return { frame, name, object: object.name, offset, bytes, crc32: at(columns.crc32, i, name) };
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
