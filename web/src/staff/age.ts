import { parseAge } from "../text/format";
import type { StaffTranslate } from "../text/staff";

/** "063Y" → 63 岁; "" for what is no age. */
export function ageWords(age: string, t: StaffTranslate): string {
  const found = parseAge(age);
  return found === null ? "" : t(`studies.ageIn.${found.unit}`, { n: found.n });
}
