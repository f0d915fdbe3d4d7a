import { useQuery } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";

import { staffApi } from "../../api/staff";
import type { StaffExam } from "../../api/staff_types";
import { Icon } from "../../look/parts";
import { useStaffText } from "../../text/staff";
import { whileHere } from "../activity";
import { ageWords } from "../age";
import { NARROW, useMedia } from "../media";
import { Page } from "../page";
import { Problem } from "../problem";
import { formatStaffRoute } from "../routes";
import { useSession } from "../session";
import { StateTag } from "../state_tag";
import { When } from "../when";
import { Contact } from "./contact";
import { Openings } from "./openings";
import { Report } from "./report";
import { Room } from "./room";
import { SeriesList } from "./series_list";
import { Shares } from "./shares";
import "./exam.css";

/** One exam: report and series beside the images, and what a doctor decides about it. */
export default function ExamPage({ exam: name, series }: { exam: string; series: string | null }) {
  const { t } = useStaffText();
  const exam = useQuery({ queryKey: ["exam", name], queryFn: () => staffApi.exam(name), refetchInterval: () => whileHere(30_000) });
  if (exam.isError && !exam.data)
    return (
      <Page title={t("exam.title")} actions={<Back />}>
        <Problem error={exam.error} again={() => void exam.refetch()} />
      </Page>
    );
  if (!exam.data) return <div className="exam-waiting" aria-busy="true" role="status"><span className="hidden">{t("loading")}</span></div>;
  return <Shown exam={exam.data} series={series} />;
}

function Shown({ exam, series }: { exam: StaffExam; series: string | null }) {
  const { t } = useStaffText();
  const { may } = useSession();
  const narrow = useMedia(NARROW);
  const all = exam.studies.flatMap((study) => study.series).filter(({ index }) => index !== null);
  // A desk shows the first at once; a phone waits until one is chosen.
  const [closed, close] = useState(false);
  const shown = series ?? (narrow || closed ? null : (all.find(({ hidden }) => hidden === null) ?? all[0])?.series ?? null);
  return (
    <div className="exam">
      <div className="exam-side">
        <Page title={exam.patient.name || t("studies.nameless")} actions={<Back />}>
          <Facts exam={exam} />
          <Report exam={exam} />
          <SeriesList exam={exam} shown={shown} onPick={() => close(false)} />
          {may("patient.correct") && <Contact exam={exam} />}
          {may("shares.read") && <Shares exam={exam.exam} />}
          {may("shares.read") && <Openings exam={exam.exam} />}
        </Page>
      </div>
      <Room exam={exam} series={shown} onClose={() => close(true)} />
    </div>
  );
}

function Back() {
  const { t } = useStaffText();
  return (
    <a className="text-link" href={formatStaffRoute({ page: "studies" })}>
      <Icon of={ArrowLeft} />
      {t("exam.all")}
    </a>
  );
}

function Facts({ exam }: { exam: StaffExam }) {
  const { t } = useStaffText();
  const { patient } = exam;
  const sex = patient.sex === "M" || patient.sex === "F" ? patient.sex : "O";
  return (
    <section className="card exam-facts" aria-label={t("exam.facts")}>
      <p>
        <strong>{exam.item || exam.modalities.join("/")}</strong>
        <StateTag tone={exam.release === "released" ? "good" : exam.release === "held" ? "warn" : "stop"}>{t(`exam.release.${exam.release}`)}</StateTag>
      </p>
      <dl className="card-lines small">
        <div>
          <dt>{t("studies.about")}</dt>
          <dd>{[t(`studies.sex.${sex}`), ageWords(patient.age, t)].filter(Boolean).join(" · ")}</dd>
        </div>
        <div>
          <dt>{t("exam.patientId")}</dt>
          <dd>{patient.id || t("none")}</dd>
        </div>
        <div>
          <dt>{t("studies.number")}</dt>
          <dd>{exam.accession_number || t("none")}</dd>
        </div>
        <div>
          <dt>{t("studies.at")}</dt>
          <dd>
            <When at={exam.at} />
          </dd>
        </div>
      </dl>
    </section>
  );
}
