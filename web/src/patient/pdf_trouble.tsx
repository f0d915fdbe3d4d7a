import { CircleAlert } from "lucide-react";

import { Button, Note } from "../look/parts";
import type { FileState } from "../look/use_named_file";
import { useText } from "../text";

/** Why a PDF can be neither opened nor saved, and a way to try again; nothing while there is no such reason. */
export function PdfTrouble({ state, again }: { state: FileState; again: () => void }) {
  const { t } = useText();
  if (state !== "damaged" && state !== "lost") return null;
  return (
    <>
      <Note icon={CircleAlert} tone="stop" role="alert">
        <p>{t(state === "damaged" ? "pdf.damaged" : "pdf.lost")}</p>
      </Note>
      <Button weight="second" onClick={again}>
        {t("retry")}
      </Button>
    </>
  );
}
