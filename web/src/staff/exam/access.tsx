import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";
import type { ReactNode } from "react";

import { staffApi } from "../../api/staff";
import type { Opening, StaffShare } from "../../api/staff_types";
import { formatCount } from "../../text/format";
import { useStaffText } from "../../text/staff";
import { Problem } from "../problem";
import { StateTag, type Tone } from "../state_tag";
import { When } from "../when";

const TONES: Record<StaffShare["state"], Tone> = { open: "good", revoked: "stop", expired: "wait", used_up: "wait", locked: "warn" };

/** Shares that the patient made of this exam, and who opened it. */
export function Access({ exam }: { exam: string }) {
  const { t } = useStaffText();
  const access = useQuery({ queryKey: ["exam", exam, "access"], queryFn: () => staffApi.access(exam) });
  if (access.isError) return <Problem error={access.error} again={() => void access.refetch()} />;
  return (
    <>
      <section className="card" aria-label={t("access.shares")}>
        <h2>{t("access.shares")}</h2>
        <List rows={access.data?.shares.map((share) => <Share key={share.serial} share={share} />)} empty={t("access.noShares")} />
      </section>
      <section className="card" aria-label={t("access.openings")}>
        <h2>{t("access.openings")}</h2>
        <List rows={access.data?.openings.map((opening, place) => <Opened key={place} opening={opening} />)} empty={t("access.noOpenings")} />
      </section>
    </>
  );
}

function List({ rows, empty }: { rows: ReactNode[] | undefined; empty: string }) {
  if (rows === undefined) return <Skeleton active={false} title={false} paragraph={{ rows: 2 }} />;
  return rows.length === 0 ? <p className="quiet">{empty}</p> : <ul className="lines small">{rows}</ul>;
}

function Share({ share }: { share: StaffShare }) {
  const { t } = useStaffText();
  const what = share.series === null ? t("access.whole") : t("access.chosen", { n: formatCount(share.series) });
  const used = { n: formatCount(share.used), limit: formatCount(share.limit) };
  return (
    <li>
      <span>
        {[what, t(share.anonymous ? "access.anonymous" : "access.named"), share.report && t("access.withReport")].filter(Boolean).join(" · ")}
        <span className="line-more quiet">
          {t("access.until")} <When at={share.expires_at} /> · {t(share.limit === 0 ? "access.used" : "access.usedOf", used)}
        </span>
      </span>
      <StateTag tone={TONES[share.state]}>{t(`access.state.${share.state}`)}</StateTag>
    </li>
  );
}

function Opened({ opening }: { opening: Opening }) {
  const { t } = useStaffText();
  return (
    <li>
      <span>{t(`access.by.${opening.by}`, { account: opening.account ?? "", n: opening.serial ?? 0 })}</span>
      <When at={opening.at} />
    </li>
  );
}
