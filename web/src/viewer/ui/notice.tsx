import { useText } from "../../text";

interface NoticeProps {
  text: string;
  more?: string;
  /** Small and without a border: nothing is wrong. */
  quiet?: boolean;
  retry?: () => void;
}

/** A sentence where the image would be, and the way out. */
export function Notice({ text, more, quiet = false, retry }: NoticeProps) {
  const { t } = useText();
  return (
    <div className="viewer-notice" role={quiet ? "status" : "alert"} data-quiet={quiet || undefined}>
      <p>{text}</p>
      {more && <p className="viewer-second">{more}</p>}
      {retry && (
        <button type="button" className="viewer-button" onClick={retry}>
          {t("retry")}
        </button>
      )}
    </div>
  );
}
