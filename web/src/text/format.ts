/** Dates, ages, names and numbers as people read them, in the two languages. Times are the hospital's, not the phone's. */

import type { Language } from "./language";

export const DEFAULT_TIME_ZONE = "Asia/Shanghai";

/** 2026年11月24日 周二 14:05 / Tue 24 Nov 2026, 14:05. `at`: ISO 8601; a day alone stays one. An unreadable time gives "". */
export function formatDateTime(at: string, language: Language, timeZone = DEFAULT_TIME_ZONE): string {
  if (/^\d{4}-\d\d-\d\d$/.test(at)) return formatDay(at, language);
  const parts = partsOf(at, language, timeZone);
  if (parts === null) return "";
  const { year, month, day, weekday, hour, minute } = parts;
  if (language === "zh-CN") return `${year}年${Number(month)}月${Number(day)}日 ${weekday} ${hour}:${minute}`;
  return `${weekday} ${Number(day)} ${month} ${year}, ${hour}:${minute}`;
}

/** 2029年11月24日 / 24 Nov 2029. `day`: yyyy-mm-dd, the hospital's. What is no day gives "". */
export function formatDay(day: string, language: Language): string {
  const parts = partsOf(`${day}T00:00:00Z`, language, "UTC");
  if (parts === null) return "";
  const { year, month, day: number } = parts;
  return language === "zh-CN" ? `${year}年${Number(month)}月${Number(number)}日` : `${Number(number)} ${month} ${year}`;
}

/** 14:05 */
export function formatTime(at: string, language: Language, timeZone = DEFAULT_TIME_ZONE): string {
  const parts = partsOf(at, language, timeZone);
  return parts === null ? "" : `${parts.hour}:${parts.minute}`;
}

/** 12:05 left of a wait: minutes and seconds; rounded up, so that it ends at 0:00 and not before. */
export function formatWait(ms: number): string {
  const seconds = Math.max(Math.ceil(ms / 1000), 0);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export interface Age {
  unit: "years" | "months" | "weeks" | "days";
  n: number;
}

/** DICOM's AS, "063Y", "004M"; null for anything else. Source: DICOM PS3.5 6.2. */
export function parseAge(age: string): Age | null {
  const found = /^(\d{3})([YMWD])$/.exec(age);
  if (found === null) return null;
  const unit = ({ Y: "years", M: "months", W: "weeks", D: "days" } as const)[found[2] as "Y" | "M" | "W" | "D"];
  return { unit, n: Number(found[1]) };
}

/** 1204 → 1,204 */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** The items of an exam as its name lists them, each with the separator that follows it: "胸部CT平扫；腹部CT平扫". */
export function itemsOf(item: string): string[] {
  const pieces = item.match(/[^；;]+[；;]*/g) ?? [];
  return pieces.map((piece) => piece.trim()).filter((piece) => piece !== "");
}

function partsOf(at: string, language: Language, timeZone: string): Record<string, string> | null {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  const format = new Intl.DateTimeFormat(language === "zh-CN" ? "zh-CN" : "en-GB", {
    timeZone: isTimeZone(timeZone) ? timeZone : DEFAULT_TIME_ZONE,
    year: "numeric",
    month: language === "zh-CN" ? "numeric" : "short",
    day: "numeric",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const parts = Object.fromEntries(format.formatToParts(date).map((part) => [part.type, part.value]));
  // "Sept" is the only four-letter month of en-GB.
  if (parts.month !== undefined && language === "en") parts.month = parts.month.slice(0, 3);
  return parts;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
