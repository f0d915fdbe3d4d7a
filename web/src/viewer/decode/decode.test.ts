import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { beforeAll, describe, expect, it } from "vitest";

import createOpenJph from "@cornerstonejs/codec-openjph";

import { storedValues } from "../display/stored_value";
import { NEEDED, type Quality } from "../loader/codestream";
import { goldenBytes, goldenObject, PARCELS, type GoldenParcel } from "../loader/golden";
import { readIndex } from "../loader/series_index";
import { answerJob, decodable } from "./decode";
import type { Htj2kDecoder } from "./htj2k";
import type { Job } from "./job";

let decoder: Htj2kDecoder;

beforeAll(async () => {
  const wasm = createRequire(import.meta.url).resolve("@cornerstonejs/codec-openjph/wasm");
  const codec = await createOpenJph({ wasmBinary: readFileSync(wasm) });
  decoder = new codec.HTJ2KDecoder();
});

const answer = (job: Job) => answerJob(job, () => Promise.resolve(decoder));

function jobFor(parcel: GoldenParcel, frame: number, quality: Quality): Job {
  const index = readIndex(parcel.index);
  const format = index.frames[frame]!.format;
  const names = format.codec === "htj2k" ? NEEDED[quality] : (["full"] as const);
  const parts = names.map((name) => {
    const piece = index.piece(frame, name)!;
    const object = goldenObject(parcel, piece.object);
    return { bytes: object.slice(piece.offset, piece.offset + piece.bytes), crc32: piece.crc32 };
  });
  return { id: 1, parts, format, quality };
}

const TYPES = { u8: Uint8Array, i8: Int8Array, u16: Uint16Array, i16: Int16Array, u32: Uint32Array } as const;

function expectedValues(place: { offset: number; bytes: number; type: string }): number[] {
  return [...new TYPES[place.type as keyof typeof TYPES](goldenBytes(place).buffer as ArrayBuffer)];
}

const CASES = PARCELS.flatMap((parcel) =>
  parcel.frames.flatMap(({ frame, sizes }) =>
    Object.entries(sizes).map(([quality, place]) => ({ parcel, frame, quality: quality as Quality, place, name: parcel.name })),
  ),
);

describe("the vectors that Python's reader passes", () => {
  it.each(CASES.filter(({ parcel }) => parcel.index.formats[0]!.codec !== "jpeg" && parcel.index.formats[0]!.bits_allocated < 32))(
    "$name at $quality has the same stored values",
    async ({ parcel, frame, quality, place }) => {
      const at = parcel.index.columns.frame.indexOf(frame);
      const job = jobFor(parcel, at, quality);
      const found = await answer(job);
      if (!("decoded" in found)) throw new Error(JSON.stringify(found));
      const { width, height, samples, values } = found.decoded;
      expect([height, width, ...(samples > 1 ? [samples] : [])]).toEqual(place.shape);
      const stored = storedValues(job.format, quality === "full");
      const seen = samples > 1 ? [...values] : [...values].map((raw) => stored[raw]!);
      expect(seen).toEqual(expectedValues(place));
    },
  );

  it("says so when a format is none of ours, and does not guess", async () => {
    const dose = PARCELS.find(({ name }) => name === "dose-32")!;
    expect(decodable(dose.index.formats[0]!)).toBe(false);
    expect(await answer(jobFor(dose, 0, "full"))).toMatchObject({ failed: "unsupported" });
  });
});

describe("a damaged piece", () => {
  const ct = PARCELS.find(({ name }) => name === "ct-signed-16")!;

  it("is found whichever bit is flipped, and nothing is decoded", async () => {
    for (const part of [0, 1, 2])
      for (let i = 0; i < 40; i++) {
        const job = jobFor(ct, 1, "full");
        const { bytes } = job.parts[part]!;
        bytes[Math.floor((bytes.length * i) / 40)]! ^= 1 << i % 8;
        expect(await answer(job)).toEqual({ id: 1, damaged: part });
      }
  });

  it("is found when it is cut short", async () => {
    const job = jobFor(ct, 0, "full");
    job.parts[1]!.bytes = job.parts[1]!.bytes.slice(0, -1);
    expect(await answer(job)).toEqual({ id: 1, damaged: 1 });
  });

  it("does not spoil the next frame", async () => {
    const broken = jobFor(ct, 0, "full");
    broken.parts[2]!.bytes[5]! ^= 255;
    await answer(broken);
    const good = await answer(jobFor(ct, 0, "full"));
    expect("decoded" in good).toBe(true);
  });
});

describe("intact bytes that are not the frame that the index names", () => {
  it("are refused by their size", async () => {
    const ct = PARCELS.find(({ name }) => name === "ct-signed-16")!;
    const job = jobFor(ct, 0, "full");
    job.format = { ...job.format, columns: job.format.columns + 1 };
    expect(await answer(job)).toMatchObject({ failed: "undecodable" });
  });

  it.each([
    ["sign", { signed: false }],
    ["width of a sample", { bits_allocated: 8, signed: false }],
    ["samples of a pixel", { samples: 3 }],
  ])("are refused by their %s", async (_, change) => {
    const ct = PARCELS.find(({ name }) => name === "ct-signed-16")!;
    for (const quality of ["quarter", "full"] as const) {
      const job = jobFor(ct, 0, quality);
      job.format = { ...job.format, ...change };
      expect(await answer(job)).toMatchObject({ failed: "undecodable" });
    }
  });

  it("are refused when zstd holds more than a frame", async () => {
    const cr = PARCELS.find(({ name }) => name === "cr-12-in-16-stray-bits")!;
    const job = jobFor(cr, 0, "full");
    job.format = { ...job.format, rows: job.format.rows - 1 };
    expect(await answer(job)).toMatchObject({ failed: "undecodable" });
  });
});
