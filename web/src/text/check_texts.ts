/** What every table of words must pass; the tests of each table call it. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

import type { Language } from "./language";

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
const FILLED = { n: 3, time: "14:05", id: "8f14", hours: "8:00", phone: "0757", received: 214, declared: 300, left: "1:05", study: "CT", month: "2026-11", reason: "R", by: "B", word: "W", number: "A1", amount: "4.00", price: "4.00", agent: "AE", name: "N", series: "S", value: "V", limit: 3, account: "chen", total: 3 };

interface Texts {
  zhCN: object;
  en: object;
  translator: (language: Language) => (key: never, values?: Record<string, string | number>) => string;
  /** Keys that are the same in every language, or name the other one. */
  plain: string[];
}

export function checkTexts(texts: Texts): void {
  const keys = keysOf(texts.zhCN as Table);

  it("[PAT-20] have no key in one language that the other lacks", () => {
    expect(keysOf(texts.en as Table).sort()).toEqual([...keys].sort());
  });

  it.each(["zh-CN", "en"] as const)("[PAT-20] are whole in %s: no key is empty and no placeholder is left", (language) => {
    const t = texts.translator(language);
    for (const key of keys) {
      const text = t(key as never, FILLED);
      expect(text, key).not.toBe("");
      expect(text, key).not.toMatch(/\{\{|undefined/);
    }
  });

  it("[PAT-20] are Chinese in Chinese: every string but the language switch, numbers and units has a Chinese character", () => {
    const t = texts.translator("zh-CN");
    const plain = new Set(texts.plain);
    expect(keys.filter((key) => !plain.has(key) && !/\p{Script=Han}/u.test(t(key as never)))).toEqual([]);
  });

  it("[PAT-20] are English in English", () => {
    const t = texts.translator("en");
    const plain = new Set(texts.plain);
    expect(keys.filter((key) => !plain.has(key) && /\p{Script=Han}/u.test(t(key as never)))).toEqual([]);
  });

  it("ask for the same values in both languages", () => {
    const [chinese, english] = [texts.translator("zh-CN"), texts.translator("en")];
    for (const key of keys) {
      const marks = Object.fromEntries(Object.keys(FILLED).map((name) => [name, `{{${name}}}`]));
      expect(placeholders(english(key as never, marks)), key).toEqual(placeholders(chinese(key as never, marks)));
    }
  });

  it("are all used", () => {
    const sources = sourcesBelow(join(import.meta.dirname, "..")).join("\n");
    expect(keys.filter((key) => !isUsed(key, sources))).toEqual([]);
  });
}
