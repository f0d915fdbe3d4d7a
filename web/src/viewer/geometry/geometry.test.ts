import { describe, expect, it } from "vitest";

import type { Plane } from "../loader/index_types";
import { edgeLetters, letters, sliceLocation } from "./orientation";
import { fitScale, keepInSight, pixelAt, place, zoomAt, ZOOM_LIMITS } from "./placement";
import { pixelAspect, scaleBar } from "./scale";

const plane = (orientation: Plane["orientation"], spacing: Plane["spacing"] = [0.7, 0.7]): Plane => ({
  orientation, spacing, spacing_source: "pixel", frame_of_reference: 0, thickness: 1,
});

describe("orientation", () => {
  it("of an axial slice has the patient's right at the left of the screen", () => {
    expect(edgeLetters(plane([1, 0, 0, 0, 1, 0]))).toEqual({ left: "R", right: "L", top: "A", bottom: "P" });
  });

  it("of sagittal and coronal slices has the head at the top", () => {
    expect(edgeLetters(plane([0, 1, 0, 0, 0, -1]))).toEqual({ left: "A", right: "P", top: "H", bottom: "F" });
    expect(edgeLetters(plane([1, 0, 0, 0, 0, -1]))).toEqual({ left: "R", right: "L", top: "H", bottom: "F" });
  });

  it("of an oblique slice names the stronger direction first", () => {
    expect(letters([0.8, 0.6, 0])).toBe("LP");
    expect(letters([-0.55, 0.83, 0.05])).toBe("PR");
  });

  it("is not claimed when the image does not say", () => {
    expect(edgeLetters(plane(null))).toBeNull();
    expect(sliceLocation(plane(null), [0, 0, 5])).toBeNull();
  });

  it("gives the place along the normal", () => {
    expect(sliceLocation(plane([1, 0, 0, 0, 1, 0]), [-180, -170, -123.5])).toBeCloseTo(-123.5);
    expect(sliceLocation(plane([0, 1, 0, 0, 0, -1]), [40, 1, 2])).toBeCloseTo(-40);
  });
});

describe("scale", () => {
  it("is a round length that fits", () => {
    expect(scaleBar(plane(null, [0.5, 0.5]), 1)).toEqual({ lengthMm: 50, lengthPx: 100, magnified: false });
    expect(scaleBar(plane(null, [0.5, 0.5]), 4)).toEqual({ lengthMm: 10, lengthPx: 80, magnified: false });
  });

  it("says when it is that of the detector, and is absent without spacing", () => {
    expect(scaleBar({ ...plane(null), spacing_source: "imager" }, 1)?.magnified).toBe(true);
    expect(scaleBar(plane(null, null), 1)).toBeNull();
    expect(scaleBar({ ...plane(null), spacing_source: "none" }, 1)).toBeNull();
  });

  it("stretches pixels that are not square", () => {
    expect(pixelAspect(plane(null, [2, 1]))).toBe(2);
    expect(pixelAspect(plane(null, null))).toBe(1);
  });
});

describe("placement", () => {
  const viewport = { width: 400, height: 600 };
  const picture = { width: 512, height: 512 };
  const fitted = { zoom: 1, panX: 0, panY: 0 };

  it("shows the whole picture in the middle", () => {
    expect(place(picture, 1, viewport, fitted)).toEqual({ left: 0, top: 100, width: 400, height: 400, scale: 400 / 512 });
    expect(fitScale(picture, 2, viewport)).toBeCloseTo(600 / 1024);
  });

  it("keeps the pixel under the fingers while zooming", () => {
    const point = { x: 310, y: 150 };
    const before = pixelAt(point, place(picture, 1, viewport, fitted), picture);
    const posed = zoomAt(fitted, 3.7, point, viewport);
    expect(pixelAt(point, place(picture, 1, viewport, posed), picture)).toEqual(before);
  });

  it("has limits to zoom and never loses the picture", () => {
    expect(zoomAt(fitted, 1000, { x: 0, y: 0 }, viewport).zoom).toBe(ZOOM_LIMITS[1]);
    const lost = keepInSight({ zoom: 1, panX: 5000, panY: -5000 }, picture, 1, viewport);
    const { left, top, height } = place(picture, 1, viewport, lost);
    expect(left).toBeLessThan(viewport.width);
    expect(top + height).toBeGreaterThan(0);
  });
});
