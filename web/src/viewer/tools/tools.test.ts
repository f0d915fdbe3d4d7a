import { describe, expect, it } from "vitest";

import { seriesOf } from "../loader/plan_fixture";
import { INITIAL_VIEW } from "../state/view";
import { en } from "../../text/en";
import { zhCN } from "../../text/zh-CN";
import { dragByArrow, dragTool, toolForKey, TOOLS, type Scene, type Tool } from ".";

const scene: Scene = {
  index: seriesOf(120), viewport: { width: 400, height: 600 }, picture: { width: 512, height: 512 }, aspect: 1,
  window: { center: 40, width: 400 }, shape: "LINEAR",
};
const perform = (id: string, view = INITIAL_VIEW) => {
  const tool = (TOOLS as readonly Tool[]).find((one) => one.id === id)!;
  if (tool.kind !== "command") throw new Error(id);
  return { ...view, ...tool.perform(view, scene) };
};

describe("the table of tools", () => {
  it("has one id and one key for each", () => {
    expect(new Set(TOOLS.map(({ id }) => id)).size).toBe(TOOLS.length);
    expect(new Set(TOOLS.map(({ hotkey }) => hotkey)).size).toBe(TOOLS.length);
  });

  it("has a word for each in both languages", () => {
    const word = (table: unknown, key: string) => key.split(".").reduce((node, part) => (node as Record<string, unknown>)?.[part], table);
    for (const { label } of TOOLS) expect([word(zhCN, label), word(en, label)].map(Boolean)).toEqual([true, true]);
  });

  it("finds a tool for each of its keys, in either case", () => {
    for (const tool of TOOLS) {
      expect(toolForKey(tool.hotkey)).toBe(tool);
      expect(toolForKey(tool.hotkey.toUpperCase())).toBe(tool);
    }
    expect(toolForKey("F5")).toBeUndefined();
  });

  it("shows four controls to everybody", () => {
    expect((TOOLS as readonly Tool[]).filter(({ everyday }) => everyday).map(({ id }) => id)).toEqual(["scroll", "windowLevel", "zoom", "play"]);
  });
});

describe("presets", () => {
  it.each([["2", 40, 80], ["3", 50, 400], ["4", -600, 1500], ["5", 500, 2000], ["6", 40, 350]])("key %s windows at %d by %d", (key, center, width) => {
    expect(perform(toolForKey(String(key))!.id).window).toEqual({ center, width });
  });

  it("gives the image its own window back", () => {
    expect(perform("presetOwn", { ...INITIAL_VIEW, window: { center: 1, width: 2 } }).window).toBeNull();
  });

  it("are for CT alone, and for nothing without a window", () => {
    const lung = toolForKey("4")!;
    expect(lung.availableIn(scene)).toBe(true);
    expect(lung.availableIn({ ...scene, index: { ...scene.index, modality: "MR" } })).toBe(false);
    expect(lung.availableIn({ ...scene, window: null })).toBe(false);
  });
});

describe("drags", () => {
  it("widen the window to the right and raise its level downwards", () => {
    const { window } = { window: null, ...dragTool("windowLevel").drag(INITIAL_VIEW, { dx: 150, dy: 75, touch: false }, scene) };
    expect(window).toEqual({ center: 140, width: 600 });
  });

  it("never make a window that cannot be", () => {
    const { window } = { window: null, ...dragTool("windowLevel").drag(INITIAL_VIEW, { dx: -5000, dy: 0, touch: false }, scene) };
    expect(window!.width).toBeGreaterThanOrEqual(1);
  });

  it("pass the series with one swipe, up for the next, and stop at its ends", () => {
    const drag = dragTool("scroll").drag;
    expect(drag({ ...INITIAL_VIEW, frame: 60 }, { dx: 0, dy: -40, touch: true }, scene).frame).toBe(70);
    expect(drag({ ...INITIAL_VIEW, frame: 60 }, { dx: 0, dy: 40, touch: false }, scene).frame).toBe(70);
    expect(drag(INITIAL_VIEW, { dx: 0, dy: -480, touch: true }, scene).frame).toBe(119);
    expect(drag(INITIAL_VIEW, { dx: 0, dy: 900, touch: true }, scene).frame).toBe(0);
  });
});

describe("arrow keys", () => {
  const by = (key: string, held: "scroll" | "windowLevel" | "zoom" | "pan", at = scene) => dragByArrow(key, dragTool(held), INITIAL_VIEW, at);

  it("widen the window and move its level", () => {
    expect(by("ArrowRight", "windowLevel")).toMatchObject({ window: { center: 40, width: 420 } });
    expect(by("ArrowLeft", "windowLevel")).toMatchObject({ window: { center: 40, width: 380 } });
    expect(by("ArrowDown", "windowLevel")).toMatchObject({ window: { center: 60, width: 400 } });
    expect(by("ArrowUp", "windowLevel")).toMatchObject({ window: { center: 20, width: 400 } });
  });

  it("zoom upwards and back", () => {
    expect(by("ArrowUp", "zoom")!.zoom).toBeGreaterThan(1);
    const near = { ...INITIAL_VIEW, ...by("ArrowUp", "zoom") };
    expect(dragByArrow("ArrowDown", dragTool("zoom"), near, scene)!.zoom).toBeCloseTo(1);
  });

  it("move the picture their way, and stop the film", () => {
    expect(by("ArrowLeft", "pan")).toMatchObject({ panX: -15, panY: 0, playing: false });
    expect(by("ArrowDown", "pan")).toMatchObject({ panX: 0, panY: 15 });
  });

  it("page where nothing else is in hand, or where it is of no use", () => {
    expect(by("ArrowUp", "scroll")).toBeNull();
    expect(by("ArrowUp", "windowLevel", { ...scene, window: null })).toBeNull();
    expect(by("PageUp", "zoom")).toBeNull();
  });
});

describe("commands", () => {
  it("reset what the reader has set, and not where he is", () => {
    const set = { ...INITIAL_VIEW, frame: 7, zoom: 3, panX: 9, invert: true, window: { center: 1, width: 2 } };
    expect(perform("reset", set)).toEqual({ ...INITIAL_VIEW, frame: 7 });
  });

  it("move to the ends and by ten", () => {
    expect(perform("last").frame).toBe(119);
    expect(perform("leapForward", { ...INITIAL_VIEW, frame: 115 }).frame).toBe(119);
    expect(perform("leapBack", { ...INITIAL_VIEW, frame: 4 }).frame).toBe(0);
    expect(perform("next", { ...INITIAL_VIEW, playing: true })).toMatchObject({ frame: 1, playing: false });
  });

  it("show one image pixel on one CSS px", () => {
    expect(perform("actualSize").zoom).toBeCloseTo(512 / 400);
  });
});
