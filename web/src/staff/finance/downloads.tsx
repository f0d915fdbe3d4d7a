import { App, Button } from "antd";
import { FileSpreadsheet, FileText, Sheet } from "lucide-react";
import { useState } from "react";

import { fetchFile } from "../../api/named";
import { staffApi } from "../../api/staff";
import type { FileFormat } from "../../api/staff_types";
import { Icon } from "../../look/parts";
import { useStaffText } from "../../text/staff";
import { wordsOf } from "../problem";

const FORMATS = [
  { format: "xlsx", icon: FileSpreadsheet },
  { format: "csv", icon: Sheet },
  { format: "pdf", icon: FileText },
] as const;

/** A closed month as a file. It is compared with its name before it is saved: a statement is a document. */
export function Downloads({ month }: { month: string }) {
  const { t, language } = useStaffText();
  const { message } = App.useApp();
  const [coming, setComing] = useState<FileFormat | null>(null);

  async function save(format: FileFormat) {
    setComing(format);
    try {
      const { path, name } = await staffApi.billFile(month, format);
      const file = await fetchFile(path, (url, init) => window.fetch(url, init), AbortSignal.timeout(60_000));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(file);
      link.download = name;
      link.click();
      window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      void message.error(wordsOf(error, t, language));
    } finally {
      setComing(null);
    }
  }

  return (
    <div className="downloads" role="group" aria-label={t("bills.files")}>
      {FORMATS.map(({ format, icon }) => (
        <Button key={format} icon={<Icon of={icon} />} loading={coming === format} disabled={coming !== null && coming !== format} onClick={() => void save(format)}>
          {t(`bills.file.${format}`)}
        </Button>
      ))}
    </div>
  );
}
