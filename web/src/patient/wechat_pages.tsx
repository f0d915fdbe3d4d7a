/** From the menu of the hospital's official account: which exam to open, or why none opened. */

import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { ChevronRight, CircleAlert, MessageCircleWarning } from "lucide-react";
import { useState } from "react";

import { Refused, type RequestFailed } from "../api/errors";
import { patientApi } from "../api/patient";
import type { WechatExams } from "../api/types";
import { Button, Icon } from "../look/parts";
import { useText } from "../text";
import { formatDateTime } from "../text/format";
import { Contact } from "./contact";
import { ExamItem } from "./exam_item";
import { examName } from "./exam_name";
import { ExamSkeleton } from "./exam_skeleton";
import { Missing } from "./missing";
import { createQueryClient } from "./queries";
import { Heading, Shell } from "./shell";
import "./exam.css";
import "./wechat_pages.css";

const EXAM_PAGE = "/e#/";

export function WechatPage({ refused }: { refused: boolean }) {
  const [client] = useState(createQueryClient);
  if (refused) return <RefusedPage />;
  return (
    <QueryClientProvider client={client}>
      <ChoicePage />
    </QueryClientProvider>
  );
}

function ChoicePage() {
  const { t, language } = useText();
  const listed = useQuery<WechatExams>({ queryKey: ["wechat exams"], queryFn: () => patientApi.wechatExams(), staleTime: 0 });
  const [opening, setOpening] = useState<string | null>(null);
  const [failure, setFailure] = useState<RequestFailed | null>(null);
  if (isOver(listed.error) || isOver(failure)) return <RefusedPage />;
  if (!listed.data && !listed.isError) return <ExamSkeleton />;

  async function open(exam: string) {
    setOpening(exam);
    setFailure(null);
    try {
      await patientApi.chooseWechatExam(exam);
      window.location.assign(EXAM_PAGE);
    } catch (error) {
      setFailure(error as RequestFailed);
      setOpening(null);
      await listed.refetch(); // what was taken back meanwhile is not offered again
    }
  }

  return (
    <Shell title="title.start" name={listed.data?.hospital.name}>
      <div className="stack stack-wide">
        <div className="stack stack-close">
          <Heading>{t("menu.title")}</Heading>
          {listed.data && <p className="quiet">{t("menu.lead", { hospital: listed.data.hospital.name })}</p>}
        </div>
        {failure && <p role="alert">{t("menu.failed")}</p>}
        {listed.data ? (
          <ul className="rows">
            {listed.data.exams.map(({ exam, item, modalities, at }) => (
              <li key={exam}>
                <button type="button" className="entry card choice" aria-disabled={opening !== null || undefined} onClick={() => void (opening ?? open(exam))}>
                  <span className="choice-words">
                    <span className="entry-title">
                      <ExamItem item={examName({ item, modalities, studies: [] }, t)} />
                    </span>
                    <span className="quiet">{opening === exam ? t("loading") : at !== null && formatDateTime(at, language, listed.data.hospital.time_zone)}</span>
                  </span>
                  <Icon of={ChevronRight} className="entry-more" />
                </button>
              </li>
            ))}
          </ul>
        ) : (
          <Missing icon={CircleAlert} title={t("failed.title")} more={t("failed.next")}>
            <Button weight="second" onClick={() => void listed.refetch()}>
              {t("retry")}
            </Button>
          </Missing>
        )}
        {listed.data && <Contact hospital={listed.data.hospital} />}
      </div>
    </Shell>
  );
}

/** Too long ago, or another browser's. */
function isOver(error: RequestFailed | null): boolean {
  return error instanceof Refused && error.code === "session_missing";
}

function RefusedPage() {
  const { t } = useText();
  return (
    <Shell title="title.start">
      <div className="stack stack-wide">
        <div className="state-icon state-warn">
          <Icon of={MessageCircleWarning} />
        </div>
        <div className="stack">
          <Heading>{t("menuRefused.title")}</Heading>
          <p>{t("menuRefused.body")}</p>
          <p>{t("menuRefused.next")}</p>
        </div>
        <hr className="rule" />
        <Contact hospital={null} />
      </div>
    </Shell>
  );
}
