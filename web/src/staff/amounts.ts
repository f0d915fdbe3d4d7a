/** Sizes and ages as an operator reads them. */

import type { StaffTranslate } from "../text/staff";

/** 1536000000 → "1.5 GB"; powers of ten, as disks are sold. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(Math.max(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 0), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** How long ago, in the largest unit that is at least one. `ms` below zero counts as now: clocks differ. */
export function ageOf(ms: number, t: StaffTranslate): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return t("age.now");
  if (minutes < 60) return t("age.minutes", { n: minutes });
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? t("age.hours", { n: hours }) : t("age.days", { n: Math.floor(hours / 24) });
}
