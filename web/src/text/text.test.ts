import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { en } from "./en";
import { translator } from "./index";
import { zhCN } from "./zh-CN";

type Table = { [key: string]: Table | string | ((values: Record<string, unknown>) => string) };

function keysOf(table: Table, before = ""): string[] {
  return Object.entries(table).flatMap(([key, value]) => (typeof value === "object" ? keysOf(value, `${before}${key}.`) : [before + key]));
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes(".test.") && !name.startsWith("text/"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
}

/** What stands between the quotes or backticks of t(…), with `${…}` as a hole: also where the key is chosen by a condition. */
function isUsed(key: string, sources: string): boolean {
  if (sources.includes(`"${key}"`)) return true;
  const parts = key.split(".");
  return parts.some((_, hole) => {
    const pattern = parts.map((part, place) => (place === hole ? "[A-Za-z]*\\$\\{[^}]+\\}[A-Za-z]*" : part)).join("\\.");
    return new RegExp(`\`${pattern}\``).test(sources);
  });
}

const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((found) => found[1]).sort();
const filled = { n: 3, series: 2, time: "14:05", id: "8f14", hours: "8:00", phone: "0757", received: 214, declared: 300, left: "1:05", study: "CT", name: "张*", total: 3 };
const keys = keysOf(zhCN);

describe("the words of the patient pages", () => {
  it("[PAT-20] have no key in one language that the other lacks", () => {
    expect(keysOf(en as Table).sort()).toEqual([...keys].sort());
  });

  it.each(["zh-CN", "en"] as const)("[PAT-20] are whole in %s: no key is empty and no placeholder is left", (language) => {
    const t = translator(language);
    for (const key of keys) {
      const text = t(key as never, filled);
      expect(text, key).not.toBe("");
      expect(text, key).not.toMatch(/\{\{|undefined/);
    }
  });

  it("[PAT-20] are Chinese in Chinese: every string but the language switch, numbers and units has a Chinese character", () => {
    const t = translator("zh-CN");
    const plain = new Set(["language.switch", "language.label", "report.percent", "viewer.windowShort", "viewer.scale"]);
    expect(keys.filter((key) => !plain.has(key) && !/\p{Script=Han}/u.test(t(key as never)))).toEqual([]);
  });

  it("[PAT-20] are English in English", () => {
    const t = translator("en");
    const plain = new Set(["language.switch", "language.label"]);
    expect(keys.filter((key) => !plain.has(key) && /\p{Script=Han}/u.test(t(key as never)))).toEqual([]);
  });

  it("ask for the same values in both languages", () => {
    const [chinese, english] = [translator("zh-CN"), translator("en")];
    for (const key of keys) {
      const marks = Object.fromEntries(Object.keys(filled).map((name) => [name, `{{${name}}}`]));
      expect(placeholders(english(key as never, marks)), key).toEqual(placeholders(chinese(key as never, marks)));
    }
  });

  it("are all used", () => {
    const sources = sourcesBelow(join(import.meta.dirname, "..")).join("\n");
    expect(keys.filter((key) => !isUsed(key, sources))).toEqual([]);
  });

  it("choose between one and many in English", () => {
    const t = translator("en");
    expect(t("exam.imagesAll", { n: 1 })).toBe("1 image");
    expect(t("exam.imagesAll", { n: "1,204" })).toBe("1,204 images");
  });
});
