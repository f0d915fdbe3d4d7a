/** The words of the page in the reader's language: `const { t } = useText(); t("exam.report")`. */

import rosetta from "rosetta";
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";

import { en } from "./en";
import { firstLanguage, keepLanguage, type Language } from "./language";
import { zhCN } from "./zh-CN";

export type Leaves<T, P extends string = ""> = {
  [K in keyof T & string]: T[K] extends string ? `${P}${K}` : Leaves<T[K], `${P}${K}.`>;
}[keyof T & string];

export type TextKey = Leaves<typeof zhCN>;
export type Translate = (key: TextKey, values?: Record<string, string | number>) => string;

interface Text {
  language: Language;
  setLanguage: (language: Language) => void;
  t: Translate;
}

type Table = Record<string, unknown>;
const words = rosetta<Table>({ "zh-CN": zhCN, en });

export function translator(language: Language): Translate {
  return (key, values = {}) => words.t(key, values, language);
}

const storage = () => window.localStorage;

const TextContext = createContext<Text | null>(null);

export function TextProvider({ children }: { children: ReactNode }) {
  const [language, choose] = useState(() => firstLanguage(storage, window.navigator.languages));
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const setLanguage = useCallback((next: Language) => {
    keepLanguage(storage, next);
    choose(next);
  }, []);
  const text = useMemo(() => ({ language, setLanguage, t: translator(language) }), [language, setLanguage]);
  return <TextContext value={text}>{children}</TextContext>;
}

export function useText(): Text {
  const text = useContext(TextContext);
  if (text === null) throw new Error("useText outside of TextProvider");
  return text;
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
}
