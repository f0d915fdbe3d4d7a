/** Draws one picture on a canvas. The mapped pixels are kept until picture or look change, so that zoom and pan only copy. */
import type { Decoded } from "../decode/decoded";
import type { Placement } from "../geometry/placement";
import type { Frame } from "../loader/series_index";
import { paint, type Look } from "./picture";

export interface Painter {
  /** @param ratio device px per CSS px. */
  draw(picture: Decoded, frame: Frame, look: Look, placement: Placement, ratio: number): void;
  blank(): void;
}

export function createPainter(canvas: HTMLCanvasElement): Painter {
  const screen = canvas.getContext("2d", { alpha: false })!;
  const buffer = document.createElement("canvas");
  const pixels = buffer.getContext("2d", { alpha: false })!;
  let kept: { picture: Decoded; frame: Frame; look: Look } | null = null;

  function fill(picture: Decoded, frame: Frame, look: Look): void {
    if (kept?.picture === picture && kept.frame === frame && sameLook(kept.look, look)) return;
    if (buffer.width !== picture.width) buffer.width = picture.width;
    if (buffer.height !== picture.height) buffer.height = picture.height;
    const words = paint(picture, frame, look);
    pixels.putImageData(new ImageData(new Uint8ClampedArray(words.buffer), picture.width, picture.height), 0, 0);
    kept = { picture, frame, look };
  }

  function blank(): void {
    screen.setTransform(1, 0, 0, 1, 0, 0);
    screen.fillStyle = "#000";
    screen.fillRect(0, 0, canvas.width, canvas.height);
  }

  return {
    blank,
    draw(picture, frame, look, placement, ratio) {
      fill(picture, frame, look);
      blank();
      screen.imageSmoothingEnabled = true;
      screen.imageSmoothingQuality = placement.scale * ratio < 1 ? "high" : "medium";
      const { left, top, width, height } = placement;
      // On whole device pixels: at its own size the picture is copied, not blurred.
      screen.drawImage(buffer, Math.round(left * ratio), Math.round(top * ratio), width * ratio, height * ratio);
    },
  };
}

function sameLook(a: Look, b: Look): boolean {
  return a.window === b.window && a.fallback === b.fallback && a.invert === b.invert;
}
