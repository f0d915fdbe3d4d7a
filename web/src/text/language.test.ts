import { expect, it } from "vitest";

import { keepLanguage, keptLanguage } from "./language";

function memory(): Storage {
  const kept = new Map<string, string>();
  return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) } as Storage;
}

it("[PAT-20] begins in Chinese and remembers the choice", () => {
  const storage = memory();
  expect(keptLanguage(() => storage)).toBe("zh-CN");
  keepLanguage(() => storage, "en");
  expect(keptLanguage(() => storage)).toBe("en");
});

it("works where the browser forbids storage", () => {
  const forbidden = (): Storage => {
    throw new Error("SecurityError");
  };
  keepLanguage(forbidden, "en");
  expect(keptLanguage(forbidden)).toBe("zh-CN");
});
