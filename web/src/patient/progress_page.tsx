import { Circle, CircleCheck, CircleDot, CircleX } from "lucide-react";
import { useEffect } from "react";

import type { ExamProgress } from "../api/types";
import { Icon, Note, Progress } from "../look/parts";
import { STEPS, whereIs, type Step } from "../state/progress";
import { useText, type Translate } from "../text";
import { formatCount, formatDateTime } from "../text/format";
import { Contact } from "./contact";
import { ExamSkeleton } from "./exam_skeleton";
import { personLine } from "./person_line";
import { useProgress } from "./queries";
import { Heading, OfflineNote, Shell } from "./shell";
import "./progress.css";

interface ProgressPageProps {
  /** Ask for the exam again: it is there. */
  onReady: () => Promise<unknown>;
  onSignOut: () => Promise<void>;
}

/** A registered exam on its way; it becomes the exam's own page without a new link. */
export function ProgressPage({ onReady, onSignOut }: ProgressPageProps) {
  const { t, language } = useText();
  const { data: progress } = useProgress();
  const ready = progress?.state === "ready";
  useEffect(() => {
    if (ready) void onReady();
  }, [ready, onReady]);
  if (!progress || ready) return <ExamSkeleton />;
  const zone = progress.hospital.time_zone;
  return (
    <Shell title="title.progress" name={progress.hospital.name} onSignOut={onSignOut}>
      <div className="stack stack-wide">
        <div className="stack stack-close">
          <Heading>{progress.item || t("progress.steps")}</Heading>
          {progress.scheduled_at && <p className="quiet">{t("progress.scheduled", { time: formatDateTime(progress.scheduled_at, language, zone) })}</p>}
          <p className="quiet">{personLine(progress, t)}</p>
        </div>
        <OfflineNote />
        {progress.state === "cancelled" ? <Cancelled /> : <Steps progress={progress} />}
        <Contact hospital={progress.hospital} />
      </div>
    </Shell>
  );
}

function Cancelled() {
  const { t } = useText();
  return (
    <Note icon={CircleX} tone="warn">
      <p>
        <strong>{t("progress.cancelled")}</strong>
      </p>
      <p>{t("progress.cancelledMore")}</p>
    </Note>
  );
}

const DRAWINGS = { done: CircleCheck, now: CircleDot, next: Circle } as const;

function Steps({ progress }: { progress: ExamProgress }) {
  const { t, language } = useText();
  const registered = formatDateTime(progress.registered_at, language, progress.hospital.time_zone);
  return (
    <>
      <ol className="card way" aria-label={t("progress.steps")}>
        {STEPS.map((step) => {
          const at = whereIs(step, progress.state);
          return (
            <li key={step} className={`way-step way-${at}`} aria-current={at === "now" ? "step" : undefined}>
              <Icon of={DRAWINGS[at]} />
              <div className="way-words">
                <p className="way-title">
                  <strong>{t(`progress.${step}`)}</strong>
                  <span className="way-state small">{t(`progress.${at}`)}</span>
                </p>
                <p className="quiet small">{step === "registered" ? t("progress.registeredMore", { time: registered }) : moreOf(step, at, progress, t)}</p>
                {step === "imaging" && at === "now" && progress.declared !== null && progress.declared > 0 && (
                  <Progress share={Math.min(1, progress.received / progress.declared)} label={t("progress.imaging")} />
                )}
              </div>
            </li>
          );
        })}
      </ol>
      <p className="quiet small">{t("progress.lead")}</p>
    </>
  );
}

function moreOf(step: Exclude<Step, "registered">, at: "done" | "now" | "next", progress: ExamProgress, t: Translate): string {
  const received = formatCount(progress.received);
  if (step === "ready") return t("progress.readyNext");
  if (step === "reporting") return t(at === "next" ? "progress.reportingNext" : "progress.reportingNow");
  if (at === "next") return t("progress.imagingNext");
  if (at === "done") return t("progress.imagingDone", { n: received });
  return progress.declared === null
    ? t("progress.imagingOpen", { n: received })
    : t("progress.imagingNow", { received, declared: formatCount(progress.declared) });
}
