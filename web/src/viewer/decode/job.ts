/** What travels between the page and its decode workers. */
import type { Quality } from "../loader/codestream";
import type { ErrorKind } from "../loader/errors";
import type { FrameFormat } from "../loader/index_types";
import type { Decoded } from "./decoded";

export interface Job {
  id: number;
  /** Bytes of the frame's pieces in order, each with the CRC-32 that the index gives it. */
  parts: { bytes: Uint8Array; crc32: number }[];
  format: FrameFormat;
  quality: Quality;
}

export type Answer =
  | { id: number; decoded: Decoded }
  /** `part`: which of the job's parts fails its checksum. Nothing was decoded. */
  | { id: number; damaged: number }
  | { id: number; failed: ErrorKind; detail: string };
