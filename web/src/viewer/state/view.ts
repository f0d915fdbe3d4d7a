/** What the reader has set: which frame, how it is windowed, where it lies, whether it plays. */
import type { Window } from "../display/window";
import type { Pose } from "../geometry/placement";
import type { DragToolId } from "../tools";

export interface View extends Pose {
  frame: number;
  /** The reader's window; null shows the image as its makers meant it. */
  window: Window | null;
  invert: boolean;
  playing: boolean;
  /** Frames per second. */
  rate: number;
  tool: DragToolId;
}

export const FITTED: Pose = { zoom: 1, panX: 0, panY: 0 };

export const INITIAL_VIEW: View = {
  ...FITTED,
  frame: 0,
  window: null,
  invert: false,
  playing: false,
  rate: 12,
  tool: "scroll",
};
