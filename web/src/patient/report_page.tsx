import { CircleAlert, Download, ExternalLink, FileText, Hourglass, Info } from "lucide-react";
import { useState } from "react";

import type { PatientExam, PatientReport, Person, Role } from "../api/types";
import { Button, ButtonLink, Icon, Note, SkeletonLine } from "../look/parts";
import { useInSight } from "../look/use_in_sight";
import { useNamedFile } from "../look/use_named_file";
import { examOfDerived } from "../state/signed";
import { useText } from "../text";
import { formatDateTime } from "../text/format";
import { Contact } from "./contact";
import { inWeChat } from "./device";
import { ExamItem } from "./exam_item";
import { Missing } from "./missing";
import { PdfTrouble } from "./pdf_trouble";
import { useDerivedPlace, useReport } from "./queries";
import { Heading, OfflineNote, Shell } from "./shell";
import { TextSize } from "./text_size";
import "./report.css";

export function ReportPage({ exam }: { exam: PatientExam }) {
  const { t } = useText();
  const report = useReport(exam.report?.version ?? null);
  return (
    <Shell title="title.report" back>
      <div className="stack stack-wide">
        <div className="stack stack-close">
          <Heading>{t("report.title")}</Heading>
          <p className="quiet">
            <ExamItem item={exam.item} />
          </p>
        </div>
        <OfflineNote />
        {exam.report === null && <Missing icon={Hourglass} title={t("report.missing")} more={t("report.missingMore")} />}
        {report.data && <ReportText exam={exam} report={report.data} />}
        {!report.data && report.isLoading && <ReportSkeleton />}
        {!report.data && report.isError && (
          <Missing icon={CircleAlert} title={t("failed.title")} more={t("failed.next")}>
            <Button weight="second" onClick={() => void report.refetch()}>
              {t("retry")}
            </Button>
          </Missing>
        )}
        <hr className="rule" />
        <Contact hospital={exam.hospital} />
      </div>
    </Shell>
  );
}

function ReportText({ exam, report }: { exam: PatientExam; report: PatientReport }) {
  const { t, language } = useText();
  const [percent, setPercent] = useState(100);
  return (
    <div className="stack appear">
      {report.state === "corrected" && (
        <Note icon={Info}>
          <p>{t("report.corrected")}</p>
        </Note>
      )}
      <article className="card report">
        <TextSize percent={percent} onChange={setPercent} />
        <div className="report-text" style={{ fontSize: `${(1.0625 * percent) / 100}rem` }}>
          <Part title={t("report.impression")} text={report.impression} />
          <Part title={t("report.findings")} text={report.findings} />
          <dl className="report-people">
            {peopleOf(report.people).map(([role, names]) => (
              <div key={role}>
                <dt>{t(`report.role.${role}`)}</dt>
                <dd>{names.join(language === "zh-CN" ? "、" : ", ")}</dd>
              </div>
            ))}
            {report.audited_at !== null && (
              <div>
                <dt>{t("report.auditedAt")}</dt>
                <dd>{formatDateTime(report.audited_at, language, exam.hospital.time_zone)}</dd>
              </div>
            )}
          </dl>
        </div>
      </article>
      <Note icon={Info}>
        <p>{t("report.askDoctor")}</p>
      </Note>
      {report.pdf !== null && <ReportPdf path={report.pdf} />}
    </div>
  );
}

function Part({ title, text }: { title: string; text: string }) {
  const { t } = useText();
  return (
    <section className="report-part">
      <h2>{title}</h2>
      <p>{text.trim() === "" ? <span className="quiet">{t("report.none")}</span> : text.trim()}</p>
    </section>
  );
}

function peopleOf(people: Person[]): [Role, string[]][] {
  const order: Role[] = ["reporter", "auditor", "performer", "requester"];
  return order
    .map((role): [Role, string[]] => [role, people.filter((person) => person.role === role).map(({ name }) => name)])
    .filter(([, names]) => names.length > 0);
}

/** Fetched and checked when it comes into sight, so that one tap opens it: no browser opens a new page once a tap is long ago. */
function ReportPdf({ path }: { path: string }) {
  const { t } = useText();
  const [card, seen] = useInSight<HTMLElement>("0px");
  const place = useDerivedPlace(examOfDerived(path));
  const file = useNamedFile(seen && place.data ? path : undefined);
  const closed = place.isError && !place.data;
  const href = file.src;
  return (
    <section className="card stack" aria-label={t("report.pdf")} ref={card}>
      <h2 className="report-pdf">
        <Icon of={FileText} />
        {t("report.pdf")}
      </h2>
      <div className="pair">
        <ButtonLink weight="second" icon={ExternalLink} href={href} aria-disabled={href === undefined} target="_blank" rel="noopener">
          {t("report.pdfOpen")}
        </ButtonLink>
        <ButtonLink weight="second" icon={Download} href={href} aria-disabled={href === undefined} download={t("report.pdfName")}>
          {t("report.pdfSave")}
        </ButtonLink>
      </div>
      <PdfTrouble state={closed ? "lost" : file.state} again={closed ? () => void place.refetch() : file.again} />
      {inWeChat() && <p className="quiet small">{t("wechat")}</p>}
    </section>
  );
}

function ReportSkeleton() {
  const { t } = useText();
  return (
    <div className="card stack" role="status">
      <span className="hidden">{t("loading")}</span>
      <SkeletonLine width={5} size={1.25} />
      <SkeletonLine width={18} />
      <SkeletonLine width={14} />
      <SkeletonLine width={5} size={1.25} />
      <SkeletonLine width={20} />
      <SkeletonLine width={18} />
      <SkeletonLine width={19} />
      <SkeletonLine width={11} />
    </div>
  );
}
