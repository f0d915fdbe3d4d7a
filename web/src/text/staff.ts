/** The words of the staff's pages, fetched with them: `const { t } = useStaffText(); t("nav.studies")`. */

import rosetta from "rosetta";
import { useMemo } from "react";

import { useText, type Leaves } from "./index";
import type { Language } from "./language";
import { staffEn } from "./staff.en";
import { staffZhCN } from "./staff.zh-CN";

export type StaffKey = Leaves<typeof staffZhCN>;
export type StaffTranslate = (key: StaffKey, values?: Record<string, string | number>) => string;

const words = rosetta<Record<string, unknown>>({ "zh-CN": staffZhCN, en: staffEn });

export function staffTranslator(language: Language): StaffTranslate {
  return (key, values = {}) => words.t(key, values, language);
}

export function useStaffText() {
  const { language, setLanguage } = useText();
  return useMemo(() => ({ language, setLanguage, t: staffTranslator(language) }), [language, setLanguage]);
}
