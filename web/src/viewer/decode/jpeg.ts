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
    bitmap = await createImageBitmap(new Blob([tagged(bytes, format)], { type: "image/jpeg" }), {
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

const SOI = [0xff, 0xd8];
/** APP14 "Adobe", version 100, transform 0: the three components are R, G, B. */
const ADOBE_RGB = [0xff, 0xee, 0x00, 0x0e, 0x41, 0x64, 0x6f, 0x62, 0x65, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0x00];

/** A stream that says nothing about its colours is taken for YCbCr by browsers; DICOM may say that it is RGB. */
function tagged(bytes: Uint8Array, { photometric, samples }: FrameFormat): Uint8Array<ArrayBuffer> {
  if (samples !== 3 || photometric !== "RGB" || namesItsColours(bytes)) return bytes.slice();
  return Uint8Array.from([...SOI, ...ADOBE_RGB, ...bytes.subarray(SOI.length)]);
}

function namesItsColours(bytes: Uint8Array): boolean {
  for (let at = SOI.length; at + 4 < bytes.length && bytes[at] === 0xff; at += 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!)) {
    if (bytes[at + 1] === 0xee || bytes[at + 1] === 0xe0) return true; // Adobe, JFIF
    if (bytes[at + 1] === 0xda) return false;
  }
  return false;
}
