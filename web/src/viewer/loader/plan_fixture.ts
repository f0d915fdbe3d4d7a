/** A made-up series for tests: sizes of a real CT, all bytes zero. */
import { crc32 } from "./crc32";
import { PARCELS } from "./golden";
import type { IndexPage } from "./index_types";
import { readIndex, type SeriesIndex } from "./series_index";

const QUARTER = 16_000;
const HALF = 35_000;
const FULL = 110_000;
const HEADER = 16;
const [QUARTER_CRC, HALF_CRC, FULL_CRC] = [QUARTER, HALF, FULL].map((bytes) => crc32(new Uint8Array(bytes))) as [number, number, number];

export function pageOf(frames: number): IndexPage {
  const page = structuredClone(PARCELS.find(({ name }) => name === "ct-signed-16")!.index);
  const fill = <T,>(make: (i: number) => T) => Array.from({ length: frames }, (_, i) => make(i));
  page.page = { first: 0, count: frames, frames };
  page.objects = [
    { name: `${"a".repeat(64)}.low`, bytes: HEADER + frames * QUARTER },
    { name: `${"b".repeat(64)}.rest`, bytes: HEADER + frames * (HALF + FULL) },
  ];
  const zero = fill(() => 0);
  page.columns = {
    frame: fill((i) => i.toString(36).padStart(16, "a")),
    instance: fill((i) => i), number: fill((i) => i + 1), frame_number: fill(() => 1),
    format: zero, plane: zero, modality_lut: zero, voi: zero, palette: fill(() => -1),
    position: fill((i) => [0, 0, i] as [number, number, number]), time_ms: fill(() => null),
    quarter: { object: zero, offset: fill((i) => HEADER + i * QUARTER), bytes: fill(() => QUARTER), crc32: fill(() => QUARTER_CRC) },
    half: { object: fill(() => 1), offset: fill((i) => HEADER + i * (HALF + FULL)), bytes: fill(() => HALF), crc32: fill(() => HALF_CRC) },
    full: { object: fill(() => 1), offset: fill((i) => HEADER + i * (HALF + FULL) + HALF), bytes: fill(() => FULL), crc32: fill(() => FULL_CRC) },
  };
  return page;
}

/** The same index in pages of that many frames. */
export function pagesOf(frames: number, each: number): IndexPage[] {
  const whole = pageOf(frames);
  const cut = <T,>(column: T, first: number): T =>
    (Array.isArray(column)
      ? column.slice(first, first + each)
      : Object.fromEntries(Object.entries(column as object).map(([name, part]) => [name, cut(part, first)]))) as T;
  return Array.from({ length: Math.ceil(frames / each) }, (_, i) => {
    const page = { first: i * each, count: Math.min(each, frames - i * each), frames };
    return { ...whole, page, columns: cut(whole.columns, i * each) };
  });
}

export function seriesOf(frames: number): SeriesIndex {
  return readIndex(pageOf(frames));
}
