import { formatDateTime } from "../text/format";
import { useStaffText } from "../text/staff";
import { useSession } from "./session";

/** A moment on the hospital's clock. */
export function When({ at }: { at: string | null }) {
  const { t, language } = useStaffText();
  const { session } = useSession();
  if (at === null || at === "") return <>{t("none")}</>;
  return (
    <time className="nowrap" dateTime={at}>
      {formatDateTime(at, language, session.hospital.time_zone)}
    </time>
  );
}
