import { Hourglass } from "lucide-react";

import { Note, Progress } from "../look/parts";
import { shareOf, type Arrival } from "../state/arrival";
import { useText } from "../text";
import { formatCount } from "../text/format";

/** Says in numbers that the images are not whole yet; shows nothing once they are, or before any came. */
export function ArrivingNote({ arrival }: { arrival: Arrival }) {
  const { t } = useText();
  if (arrival.state !== "arriving") return null;
  const received = formatCount(arrival.received);
  const words =
    arrival.declared === null
      ? t("exam.progressOpen", { received })
      : t("exam.progress", { received, declared: formatCount(arrival.declared) });
  const share = shareOf(arrival);
  return (
    <Note icon={Hourglass}>
      <p>
        <strong>{t("exam.partial")}</strong>
      </p>
      <p>{words}</p>
      {share !== null && <Progress share={share} label={t("exam.partial")} />}
      <p className="quiet small">{t("exam.partialMore")}</p>
    </Note>
  );
}
