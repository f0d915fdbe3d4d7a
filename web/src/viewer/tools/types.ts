/** A tool is one object: name, key, condition and effect. Toolbar, shortcuts and help read them all from `tools/index.ts`. */
import type { TextKey } from "../../text";
import type { Window } from "../display/window";
import type { Size } from "../geometry/placement";
import type { SeriesIndex } from "../loader/series_index";
import type { View } from "../state/view";
import type { VoiFunction } from "../loader/index_types";

/** What a tool may know besides the view. */
export interface Scene {
  index: SeriesIndex;
  viewport: Size;
  /** The picture on screen: columns, rows, and height of a pixel divided by its width. */
  picture: Size;
  aspect: number;
  /** The window in force; null where windowing means nothing (colour, a LUT of the image's own). */
  window: Window | null;
  shape: VoiFunction;
}

/** From the press to here, CSS px. */
export interface Drag {
  dx: number;
  dy: number;
  touch: boolean;
}

interface Common {
  id: string;
  label: TextKey;
  /** `KeyboardEvent.key`, lower case. */
  hotkey: string;
  /** Name in `ui/icons.tsx`. */
  icon: string;
  /** One of the few that everybody sees; the others are behind one button. */
  everyday: boolean;
  availableIn: (scene: Scene) => boolean;
}

export interface DragTool extends Common {
  kind: "drag";
  /** @param start the view, and @param scene the scene, at the press; the whole drag is applied to them each time. */
  drag: (start: View, drag: Drag, scene: Scene) => Partial<View>;
}

export interface CommandTool extends Common {
  kind: "command";
  /** Which controls stand together. */
  group: "view" | "preset" | "move" | "play";
  perform: (view: View, scene: Scene) => Partial<View>;
  /** Whether it is in force now: shown as pressed. */
  active?: (view: View) => boolean;
}

export type Tool = DragTool | CommandTool;
