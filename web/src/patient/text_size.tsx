import { Minus, Plus } from "lucide-react";

import { Icon } from "../look/parts";
import { useText } from "../text";

const SMALLEST = 100;
const LARGEST = 200;
const STEP = 10;

/** 100 to 200 %, by a slider in steps of one or by two buttons in steps of ten. */
export function TextSize({ percent, onChange }: { percent: number; onChange: (percent: number) => void }) {
  const { t } = useText();
  const move = (by: number) => onChange(Math.min(Math.max(percent + by, SMALLEST), LARGEST));
  return (
    <div className="text-size" role="group" aria-label={t("report.size")}>
      <button type="button" aria-label={t("report.smaller")} aria-disabled={percent <= SMALLEST} onClick={() => move(-STEP)}>
        <Icon of={Minus} />
      </button>
      <label>
        <span className="text-size-words">
          <span>{t("report.size")}</span>
          <span>{t("report.percent", { n: percent })}</span>
        </span>
        <input
          type="range"
          min={SMALLEST}
          max={LARGEST}
          step={1}
          value={percent}
          aria-valuetext={t("report.percent", { n: percent })}
          onChange={(event) => onChange(event.target.valueAsNumber)}
        />
      </label>
      <button type="button" aria-label={t("report.larger")} aria-disabled={percent >= LARGEST} onClick={() => move(STEP)}>
        <Icon of={Plus} />
      </button>
    </div>
  );
}
