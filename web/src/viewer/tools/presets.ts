/** Windows by part of the body, in HU: CT only. The first one gives the image back its own. */
import type { TextKey } from "../../text";
import type { Window } from "../display/window";
import type { View } from "../state/view";
import type { CommandTool, Scene } from "./types";

function preset<Id extends string>(id: Id, label: TextKey, hotkey: string, window: Window | null) {
  return {
    kind: "command",
    id,
    label,
    hotkey,
    icon: "contrast",
    group: "preset",
    everyday: false,
    availableIn: ({ index, window: shown }: Scene) => shown !== null && (window === null || isHounsfield(index)),
    perform: () => ({ window }),
    active: (view: View) => view.window?.center === window?.center && view.window?.width === window?.width,
  } as const satisfies CommandTool;
}

export const presetOwn = preset("presetOwn", "viewer.presets.own", "1", null);
export const presetBrain = preset("presetBrain", "viewer.presets.brain", "2", { center: 40, width: 80 });
export const presetAbdomen = preset("presetAbdomen", "viewer.presets.abdomen", "3", { center: 50, width: 400 });
export const presetLung = preset("presetLung", "viewer.presets.lung", "4", { center: -600, width: 1500 });
export const presetBone = preset("presetBone", "viewer.presets.bone", "5", { center: 500, width: 2000 });
export const presetChest = preset("presetChest", "viewer.presets.chest", "6", { center: 40, width: 350 });

function isHounsfield(index: Scene["index"]): boolean {
  return index.modality === "CT" && index.frames[0]?.modalityLut.lut == null;
}
