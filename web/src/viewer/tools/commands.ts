/** What one press does to the view. */
import { FITTED, type View } from "../state/view";
import { fitScale } from "../geometry/placement";
import type { CommandTool, Scene } from "./types";

export const invert = {
  kind: "command",
  id: "invert",
  label: "viewer.tools.invert",
  hotkey: "i",
  icon: "invert",
  group: "view",
  everyday: false,
  availableIn: () => true,
  perform: (view: View) => ({ invert: !view.invert }),
  active: (view: View) => view.invert,
} as const satisfies CommandTool;

export const reset = {
  kind: "command",
  id: "reset",
  label: "viewer.tools.reset",
  hotkey: "r",
  icon: "reset",
  group: "view",
  everyday: false,
  availableIn: () => true,
  perform: () => ({ ...FITTED, window: null, invert: false }),
} as const satisfies CommandTool;

export const actualSize = {
  kind: "command",
  id: "actualSize",
  label: "viewer.tools.actualSize",
  hotkey: "a",
  icon: "actualSize",
  group: "view",
  everyday: false,
  availableIn: () => true,
  /** One image pixel on one CSS px. */
  perform: (_view: View, { picture, aspect, viewport }: Scene) => ({
    zoom: 1 / fitScale(picture, aspect, viewport),
    panX: 0,
    panY: 0,
  }),
} as const satisfies CommandTool;

export const play = {
  kind: "command",
  id: "play",
  label: "viewer.tools.play",
  hotkey: " ",
  icon: "play",
  group: "play",
  everyday: true,
  availableIn: ({ index }: Scene) => index.frames.length > 1,
  perform: (view: View) => ({ playing: !view.playing }),
  active: (view: View) => view.playing,
} as const satisfies CommandTool;

const RATES = [1, 2, 4, 6, 8, 10, 12, 15, 20, 25, 30, 45, 60] as const;

export const faster = {
  kind: "command",
  id: "faster",
  label: "viewer.tools.faster",
  hotkey: "+",
  icon: "faster",
  group: "play",
  everyday: false,
  availableIn: play.availableIn,
  perform: ({ rate }: View) => ({ rate: RATES.find((next) => next > rate) ?? rate }),
} as const satisfies CommandTool;

export const slower = {
  kind: "command",
  id: "slower",
  label: "viewer.tools.slower",
  hotkey: "-",
  icon: "slower",
  group: "play",
  everyday: false,
  availableIn: play.availableIn,
  perform: ({ rate }: View) => ({ rate: RATES.findLast((next) => next < rate) ?? rate }),
} as const satisfies CommandTool;
