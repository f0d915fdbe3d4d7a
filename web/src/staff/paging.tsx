import { Button } from "antd";
import { ArrowLeft, ArrowRight } from "lucide-react";
import { useState } from "react";

import { Icon } from "../look/parts";
import { useStaffText } from "../text/staff";

export interface Paging {
  /** Mark of the page that is shown; null for the first. */
  after: string | null;
  page: number;
  next: (after: string) => void;
  back: () => void;
  reset: () => void;
}

/** The cloud gives each page the mark of the next: those behind are remembered here. */
export function usePaging(): Paging {
  const [marks, setMarks] = useState<readonly string[]>([]);
  return {
    after: marks.at(-1) ?? null,
    page: marks.length + 1,
    next: (after) => setMarks((before) => [...before, after]),
    back: () => setMarks((before) => before.slice(0, -1)),
    reset: () => setMarks([]),
  };
}

/** @param after mark of the next page; null on the last, undefined while it is not known. */
export function Pager({ paging, after }: { paging: Paging; after: string | null | undefined }) {
  const { t } = useStaffText();
  if (paging.page === 1 && !after) return null;
  return (
    <nav className="pager" aria-label={t("pager.label")}>
      <Button icon={<Icon of={ArrowLeft} />} disabled={paging.page === 1} onClick={paging.back}>
        {t("pager.back")}
      </Button>
      <span className="small quiet">{t("pager.page", { n: paging.page })}</span>
      <Button icon={<Icon of={ArrowRight} />} iconPlacement="end" disabled={!after} onClick={() => after && paging.next(after)}>
        {t("pager.next")}
      </Button>
    </nav>
  );
}
