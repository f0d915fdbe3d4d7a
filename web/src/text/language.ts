/** Which language, and where the choice is kept: it says nothing about the patient, so it may outlive the session. */

export const LANGUAGES = ["zh-CN", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

const KEY = "lightbox.language";

/** Looked up at each use: where storage is blocked, even touching it throws. */
type Storing = () => Storage;

export function keptLanguage(storage: Storing): Language {
  try {
    return storage().getItem(KEY) === "en" ? "en" : "zh-CN";
  } catch {
    return "zh-CN";
  }
}

export function keepLanguage(storage: Storing, language: Language): void {
  try {
    storage().setItem(KEY, language);
  } catch {
    // Then the choice lasts until the page is closed.
  }
}
