import { expect, it } from "vitest";

import { firstLanguage, keepLanguage } from "./language";

function memory(): Storage {
  const kept = new Map<string, string>();
  return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) } as Storage;
}

it.each([
  [["zh-CN", "en"], "zh-CN"],
  [["en-GB", "zh-CN"], "en"],
  [["en"], "en"],
  [["EN-us"], "en"],
  [["enm"], "zh-CN"],
  [["de-DE", "en"], "zh-CN"],
  [[], "zh-CN"],
] as const)("[PAT-20] begins, in a browser set to %j, in %s", (preferred, language) => {
  expect(firstLanguage(memory, preferred)).toBe(language);
});

it.each([
  ["en", "zh-CN"],
  ["zh-CN", "en"],
] as const)("[PAT-20] remembers the choice of %s in a browser set to %s", (chosen, browser) => {
  const storage = memory();
  keepLanguage(() => storage, chosen);
  expect(firstLanguage(() => storage, [browser])).toBe(chosen);
});

it("takes the browser's language for a choice that is none", () => {
  const storage = memory();
  storage.setItem("lightbox.language", "fr");
  expect(firstLanguage(() => storage, ["en"])).toBe("en");
});

it("works where the browser forbids storage", () => {
  const forbidden = (): Storage => {
    throw new Error("SecurityError");
  };
  keepLanguage(forbidden, "en");
  expect(firstLanguage(forbidden, ["zh-CN"])).toBe("zh-CN");
});
