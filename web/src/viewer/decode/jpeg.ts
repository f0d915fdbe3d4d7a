/** Baseline JPEG by the browser's own decoder, values as coded: no colour profile, no orientation applied. */
import { ViewerError } from "../loader/errors";
import type { FrameFormat } from "../loader/index_types";
import type { Decoded } from "./decoded";

/** @throws ViewerError `unsupported` for more than 8 bits or an old browser, `undecodable` for a broken stream. */
export async function decodeJpeg(bytes: Uint8Array, format: FrameFormat): Promise<Decoded> {
  if (format.bits_allocated !== 8 || typeof OffscreenCanvas === "undefined")
    throw new ViewerError("unsupported", `jpeg of ${format.bits_stored} bits`);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes.slice()], { type: "image/jpeg" }), {
      colorSpaceConversion: "none",
      imageOrientation: "none" as ImageOrientation,
    });
  } catch (error) {
    throw new ViewerError("undecodable", `jpeg: ${String(error)}`);
  }
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context || width !== format.columns || height !== format.rows)
    throw new ViewerError("undecodable", `jpeg: ${width}×${height}`);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const rgba = new Uint8Array(context.getImageData(0, 0, width, height).data.buffer);
  if (format.samples === 3) return { quality: "full", width, height, samples: 4, values: rgba };
  const grey = new Uint8Array(width * height);
  for (let i = 0; i < grey.length; i++) grey[i] = rgba[i * 4]!;
  return { quality: "full", width, height, samples: 1, values: grey };
}
