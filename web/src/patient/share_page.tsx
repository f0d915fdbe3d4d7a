/** What the patient shares of the exam, and who opened it. Its code comes only when it is wanted. */

import { useQueryClient } from "@tanstack/react-query";
import { Eye } from "lucide-react";
import { useState } from "react";

import type { MadeShare, Opening, PatientExam } from "../api/types";
import { Icon, SkeletonLine } from "../look/parts";
import { useText } from "../text";
import { formatDateTime } from "../text/format";
import { SHARES_KEY, useOpenings, useShares } from "./queries";
import { ShareCard } from "./share_card";
import { ShareForm } from "./share_form";
import { Heading, OfflineNote, Shell } from "./shell";
import "./share.css";

export function SharePage({ exam }: { exam: PatientExam }) {
  const { t } = useText();
  const client = useQueryClient();
  const shares = useShares();
  const [made, setMade] = useState<MadeShare | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: SHARES_KEY });
  const older = shares.data?.shares.filter(({ serial }) => serial !== made?.share.serial) ?? [];
  const fresh = shares.data?.shares.find(({ serial }) => serial === made?.share.serial) ?? made?.share;
  return (
    <Shell title="title.share" back>
      <div className="stack stack-wide share">
        <div className="stack stack-close">
          <Heading>{t("share.title")}</Heading>
          <p className="quiet">{t("share.lead")}</p>
        </div>
        <OfflineNote />
        {made && fresh ? (
          <section className="stack" aria-label={t("share.made")}>
            <ShareCard key={fresh.serial} exam={exam} share={fresh} code={made.code} isNew onChanged={() => void refresh()} onAnother={() => setMade(null)} />
          </section>
        ) : shares.data ? (
          <ShareForm
            exam={exam}
            anonymous={shares.data.anonymous}
            onMade={(answer) => {
              setMade(answer);
              void refresh();
            }}
          />
        ) : (
          <Waiting failed={shares.isError} />
        )}
        {older.length > 0 && (
          <section className="stack" aria-labelledby="shares">
            <h2 id="shares">{t("share.list")}</h2>
            {older.map((share) => (
              <ShareCard key={share.serial} exam={exam} share={share} code={null} onChanged={() => void refresh()} />
            ))}
          </section>
        )}
        <Openings exam={exam} />
      </div>
    </Shell>
  );
}

function Waiting({ failed }: { failed: boolean }) {
  const { t } = useText();
  return (
    <div className="card stack" role="status">
      {failed ? (
        <p>{t("share.unknown")}</p>
      ) : (
        <>
          <span className="hidden">{t("loading")}</span>
          <SkeletonLine width={12} />
          <SkeletonLine width={20} />
          <SkeletonLine width={16} />
        </>
      )}
    </div>
  );
}

const LISTED = 10;

function Openings({ exam }: { exam: PatientExam }) {
  const { t, language } = useText();
  const { data } = useOpenings();
  const [all, setAll] = useState(false);
  if (!data || data.openings.length === 0) return null;
  const shown = all ? data.openings : data.openings.slice(0, LISTED);
  return (
    <section className="stack" aria-labelledby="openings">
      <h2 id="openings">{t("share.openings")}</h2>
      <ul className="card openings">
        {shown.map((one) => (
          <li key={`${one.at}${one.serial}${one.by}`}>
            <Icon of={Eye} />
            <span>{byWhom(one, t)}</span>
            <time className="quiet small" dateTime={one.at}>
              {formatDateTime(one.at, language, exam.hospital.time_zone)}
            </time>
          </li>
        ))}
      </ul>
      {shown.length < data.openings.length && (
        <button type="button" className="button button-quiet" onClick={() => setAll(true)}>
          {t("share.openingsAll", { n: data.openings.length })}
        </button>
      )}
    </section>
  );
}

function byWhom(one: Opening, t: ReturnType<typeof useText>["t"]): string {
  return one.by === "share" ? t("share.byShare", { n: one.serial ?? 0 }) : t(`share.by.${one.by}`);
}
