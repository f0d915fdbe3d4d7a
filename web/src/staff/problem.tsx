/** What went wrong, in words: what happened and what to do. */

import { Alert, Button } from "antd";

import { Refused, Unreachable } from "../api/errors";
import { useStaffText, type StaffTranslate } from "../text/staff";
import { formatTime } from "../text/format";
import type { Language } from "../text/language";

/** Codes that have words of their own; all others are told by their kind. */
const TOLD = [
  "right_missing", "not_found", "not_in_exam", "exam_expired", "hospital_rebuilding", "invalid_request", "document_invalid",
  "service_busy", "phone_wrong", "id_card_wrong", "not_retriable", "case_cancelled", "month_not_over", "month_closed",
  "statement_not_ready",
] as const;
type Told = (typeof TOLD)[number];

function isTold(code: string): code is Told {
  return TOLD.includes(code as Told);
}

export function wordsOf(error: unknown, t: StaffTranslate, language: Language): string {
  if (error instanceof Unreachable) return t("problem.offline");
  if (!(error instanceof Refused)) return t("problem.page");
  const { until, tries_left: left, rules } = error.details;
  if (until !== undefined) return t("problem.lockedUntil", { time: formatTime(until, language) });
  if (error.code === "sign_in_wrong") return t(left === undefined ? "problem.signInWrong" : "problem.signInWrongLeft", { n: left ?? 0 });
  if (rules?.includes("as_before")) return t("problem.passwordAsBefore");
  if (rules !== undefined) return t("problem.passwordWeak");
  if (isTold(error.code)) return t(`problem.code.${error.code}`);
  return t(error.status >= 500 ? "problem.cloud" : "problem.refused", { id: error.requestId ?? error.code });
}

/** In the place of what could not be shown. */
export function Problem({ error, again }: { error: unknown; again?: () => void }) {
  const { t, language } = useStaffText();
  return (
    <Alert
      type="error"
      showIcon
      title={wordsOf(error, t, language)}
      action={again && <Button onClick={again}>{t("again")}</Button>}
    />
  );
}
