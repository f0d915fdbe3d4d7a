/** Where the picture lies on the screen, and which pixel is under a point. All lengths in CSS px. */
export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** zoom 1 shows the whole picture; pan is the way of its centre from the middle of the viewport. */
export interface Pose {
  zoom: number;
  panX: number;
  panY: number;
}

export interface Placement {
  left: number;
  top: number;
  width: number;
  height: number;
  /** Screen px per image column. */
  scale: number;
}

export const ZOOM_LIMITS = [0.5, 24] as const;
const KEEP_VISIBLE = 48;

/** @param picture columns and rows; @param aspect height of a pixel divided by its width. */
export function place(picture: Size, aspect: number, viewport: Size, pose: Pose): Placement {
  const scale = fitScale(picture, aspect, viewport) * pose.zoom;
  const width = picture.width * scale;
  const height = picture.height * aspect * scale;
  return {
    left: (viewport.width - width) / 2 + pose.panX,
    top: (viewport.height - height) / 2 + pose.panY,
    width,
    height,
    scale,
  };
}

export function fitScale(picture: Size, aspect: number, viewport: Size): number {
  return Math.min(viewport.width / picture.width, viewport.height / (picture.height * aspect));
}

/** @returns column and row under a point, as whole numbers; they may lie outside of the picture. */
export function pixelAt(point: Point, placement: Placement, picture: Size): { column: number; row: number } {
  return {
    column: Math.floor(((point.x - placement.left) / placement.width) * picture.width),
    row: Math.floor(((point.y - placement.top) / placement.height) * picture.height),
  };
}

/** Zooms so that what is under `point` stays there. */
export function zoomAt(pose: Pose, factor: number, point: Point, viewport: Size): Pose {
  const zoom = Math.min(ZOOM_LIMITS[1], Math.max(ZOOM_LIMITS[0], pose.zoom * factor));
  const ratio = zoom / pose.zoom;
  const [x, y] = [point.x - viewport.width / 2, point.y - viewport.height / 2];
  return { zoom, panX: x - (x - pose.panX) * ratio, panY: y - (y - pose.panY) * ratio };
}

/** Never pushes the picture out of sight. */
export function keepInSight(pose: Pose, picture: Size, aspect: number, viewport: Size): Pose {
  const { width, height } = place(picture, aspect, viewport, pose);
  const limitX = Math.max(0, (width + viewport.width) / 2 - KEEP_VISIBLE);
  const limitY = Math.max(0, (height + viewport.height) / 2 - KEEP_VISIBLE);
  return {
    zoom: pose.zoom,
    panX: Math.min(limitX, Math.max(-limitX, pose.panX)),
    panY: Math.min(limitY, Math.max(-limitY, pose.panY)),
  };
}
