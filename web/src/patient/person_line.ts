import type { PatientExam } from "../api/types";
import type { Translate } from "../text";
import { parseAge } from "../text/format";

/** Whom an exam is about, as far as it says: 张* · 男 · 63岁. */
export function personLine(exam: Pick<PatientExam, "patient" | "guest">, t: Translate): string {
  const { name, sex, age } = exam.patient;
  const parts = [name, sex === "M" || sex === "F" ? t(`sex.${sex}`) : "", ageLine(age, exam.guest?.anonymous ?? false, t)];
  return parts.filter((part) => part !== "").join(" · ");
}

/** An anonymous share tells the decade only: "060Y". */
function ageLine(age: string, decade: boolean, t: Translate): string {
  const parsed = parseAge(age);
  if (parsed === null) return "";
  if (!decade) return t(`unit.${parsed.unit}`, { n: parsed.n });
  if (parsed.unit === "years" && parsed.n >= 90) return t("shared.ageOldest");
  return parsed.unit !== "years" || parsed.n < 10 ? t("shared.ageYoungest") : t("shared.age", { n: parsed.n - (parsed.n % 10) });
}
