import { Maximize2 } from "lucide-react";
import { useCallback, useEffect, useState } from "react";

import { staffDoors } from "../../api/staff";
import type { StaffExam } from "../../api/staff_types";
import { Icon } from "../../look/parts";
import { replaceFragment } from "../../state/location";
import { useStaffText } from "../../text/staff";
import type * as Viewing from "../../viewer";
import { NARROW, useMedia } from "../media";
import { Problem } from "../problem";
import { formatStaffRoute } from "../routes";

/** The images, beside what is said of them; over the whole screen where that is small, or when it is wanted. */
export function Room({ exam, series, onClose }: { exam: StaffExam; series: string | null; onClose: () => void }) {
  const { t } = useStaffText();
  const narrow = useMedia(NARROW);
  const [wide, widen] = useState(false);
  const [code, setCode] = useState<{ module: typeof Viewing } | { error: unknown } | null>(null);
  const open = series !== null;
  useEffect(() => {
    if (!open || code !== null) return;
    import("../../viewer").then(
      (module) => setCode({ module }),
      (error: unknown) => setCode({ error }),
    );
  }, [open, code]);
  const pick = useCallback(
    (name: string) => replaceFragment(formatStaffRoute({ page: "exam", exam: exam.exam, series: name })),
    [exam.exam],
  );
  const leave = useCallback(() => {
    if (wide) return widen(false);
    onClose();
    replaceFragment(formatStaffRoute({ page: "exam", exam: exam.exam, series: null }));
  }, [wide, onClose, exam.exam]);
  const [doors] = useState(() => staffDoors(exam.exam));
  if (series === null)
    return narrow ? null : (
      <div className="exam-room exam-room-empty" data-room="dark">
        <p>{t("exam.pick")}</p>
      </div>
    );
  return (
    <div className="exam-room" data-room="dark" data-wide={wide || narrow || undefined}>
      {code !== null && "error" in code && <Problem error={code.error} again={() => setCode(null)} />}
      {code !== null && "module" in code && <code.module.Viewer beside exam={exam} doors={doors} series={series} onSeries={pick} onClose={leave} />}
      {!wide && !narrow && (
        <button type="button" className="exam-widen" aria-label={t("exam.widen")} title={t("exam.widen")} onClick={() => widen(true)}>
          <Icon of={Maximize2} />
        </button>
      )}
    </div>
  );
}
