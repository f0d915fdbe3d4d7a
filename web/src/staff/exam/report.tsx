import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";

import { staffApi } from "../../api/staff";
import type { StaffExam } from "../../api/staff_types";
import { useStaffText } from "../../text/staff";
import { Problem } from "../problem";
import { When } from "../when";

export function Report({ exam }: { exam: StaffExam }) {
  const { t, language } = useStaffText();
  const version = exam.report?.version ?? null;
  const report = useQuery({
    queryKey: ["exam", exam.exam, "report", version],
    queryFn: () => staffApi.report(exam.exam),
    enabled: version !== null,
    staleTime: 60_000,
  });
  return (
    <section className="card exam-report" aria-label={t("exam.report")}>
      <h2>{t("exam.report")}</h2>
      {version === null && <p className="quiet">{t("exam.noReport")}</p>}
      {report.isLoading && <Skeleton active={false} title={false} paragraph={{ rows: 4 }} />}
      {report.isError && !report.data && <Problem error={report.error} again={() => void report.refetch()} />}
      {report.data && (
        <>
          {report.data.state === "corrected" && <p className="quiet small">{t("exam.corrected")}</p>}
          <h3>{t("exam.impression")}</h3>
          <p className="words">{report.data.impression.trim() || t("none")}</p>
          <h3>{t("exam.findings")}</h3>
          <p className="words">{report.data.findings.trim() || t("none")}</p>
          <p className="quiet small">
            {report.data.people
              .filter(({ role }) => role === "reporter" || role === "auditor")
              .map(({ role, name }) => `${t(`exam.role.${role as "reporter" | "auditor"}`)} ${name}`)
              .join(language === "zh-CN" ? "，" : ", ")}{" "}
            <When at={report.data.audited_at} />
          </p>
        </>
      )}
    </section>
  );
}
