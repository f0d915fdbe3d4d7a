/** One frame: check every piece, then decode. The only way from bytes to a picture. */
import { crc32 } from "../loader/crc32";
import { ViewerError } from "../loader/errors";
import type { FrameFormat } from "../loader/index_types";
import { toRgb } from "./colour";
import type { Decoded } from "./decoded";
import { decodeHtj2k, type Htj2kDecoder } from "./htj2k";
import type { Answer, Job } from "./job";
import { decodeJpeg } from "./jpeg";
import { decodeZstd } from "./native";

/** @param htj2k gives the one decoder of this worker; loads the codec at the first call. */
export async function answerJob(job: Job, htj2k: () => Promise<Htj2kDecoder>): Promise<Answer> {
  const { id, parts } = job;
  const damaged = parts.findIndex((part) => crc32(part.bytes) !== part.crc32);
  if (damaged >= 0) return { id, damaged };
  try {
    return { id, decoded: await decode(job, htj2k) };
  } catch (error) {
    const kind = error instanceof ViewerError ? error.kind : "undecodable";
    return { id, failed: kind, detail: String(error) };
  }
}

async function decode({ parts, format, quality }: Job, htj2k: () => Promise<Htj2kDecoder>): Promise<Decoded> {
  const bytes = parts.map((part) => part.bytes);
  const last = bytes[bytes.length - 1];
  if (format.codec === "htj2k" || quality === "quarter")
    return toRgb(decodeHtj2k(await htj2k(), bytes, format, quality), format.photometric);
  if (last && format.codec === "zstd") return toRgb(decodeZstd(last, format), format.photometric);
  if (last && format.codec === "jpeg") return decodeJpeg(last, format);
  throw new ViewerError("unsupported", format.codec);
}

/** Whether a frame of this format can be shown in full by this viewer. */
export function decodable(format: FrameFormat): boolean {
  if (format.codec === "htj2k") return format.samples === 1 || format.samples === 3;
  if (format.codec === "jpeg") return format.bits_allocated === 8;
  return format.codec === "zstd" && [1, 8, 16].includes(format.bits_allocated) && [1, 3].includes(format.samples);
}
