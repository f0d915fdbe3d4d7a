/** What an exam is called on its pages, also where the hospital gave it no name. */

import type { PatientExam } from "../api/types";
import { itemsOf } from "../text/format";
import type { Translate } from "../text";
import { zhCN } from "../text/zh-CN";

/** The hospital's own name for it, else what was imaged and how: CT · 胸部. */
export function examName(exam: Pick<PatientExam, "item" | "modalities" | "studies">, t: Translate): string {
  if (itemsOf(exam.item).length > 0) return exam.item;
  const parts = exam.studies.flatMap(({ series }) => series.map(({ body_part }) => partWords(body_part, t)));
  const words = [...new Set([exam.modalities.join("/"), ...parts])].filter((word) => word !== "");
  return words.length > 0 ? t("exam.named", { what: words.join(" · ") }) : t("exam.untitled");
}

/** A body part (DICOM's Body Part Examined) in everyday words; one that has none is left out. */
export function partWords(part: string, t: Translate): string {
  const name = part.replace(/[^A-Z]/g, "");
  return isNamedPart(name) ? t(`images.part.${name}`) : "";
}

function isNamedPart(part: string): part is keyof typeof zhCN.images.part {
  return part in zhCN.images.part;
}
