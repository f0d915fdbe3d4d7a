/** Which language, and where the choice is kept: it says nothing about the patient, so it may outlive the session. */

export const LANGUAGES = ["zh-CN", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

const KEY = "lightbox.language";

/** Looked up at each use: where storage is blocked, even touching it throws. */
type Storing = () => Storage;

/** @param preferred what the browser is set to, best first (BCP 47): counts until the reader has chosen. */
export function firstLanguage(storage: Storing, preferred: readonly string[]): Language {
  return keptLanguage(storage) ?? (/^en\b/i.test(preferred[0] ?? "") ? "en" : "zh-CN");
}

function keptLanguage(storage: Storing): Language | null {
  try {
    const kept = storage().getItem(KEY);
    return LANGUAGES.find((language) => language === kept) ?? null;
  } catch {
    return null;
  }
}

export function keepLanguage(storage: Storing, language: Language): void {
  try {
    storage().setItem(KEY, language);
  } catch {
    // Then the choice lasts until the page is closed.
  }
}
