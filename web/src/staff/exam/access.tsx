import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";

import { staffApi } from "../../api/staff";
import type { Opening, StaffShare } from "../../api/staff_types";
import { formatCount } from "../../text/format";
import { useStaffText } from "../../text/staff";
import { Problem } from "../problem";
import { StateTag, type Tone } from "../state_tag";
import { When } from "../when";

/** Shares that the patient made of this exam, and who opened it. */
export function Access({ exam }: { exam: string }) {
  const { t } = useStaffText();
  const shares = useQuery({ queryKey: ["exam", exam, "shares"], queryFn: () => staffApi.shares(exam) });
  const openings = useQuery({ queryKey: ["exam", exam, "openings"], queryFn: () => staffApi.openings(exam) });
  return (
    <>
      <section className="card" aria-label={t("access.shares")}>
        <h2>{t("access.shares")}</h2>
        <List query={shares} rows={shares.data?.shares} empty={t("access.noShares")} show={(share) => <Share key={share.serial} share={share} />} />
      </section>
      <section className="card" aria-label={t("access.openings")}>
        <h2>{t("access.openings")}</h2>
        <List query={openings} rows={openings.data?.openings} empty={t("access.noOpenings")} show={(opening) => <Opened key={`${opening.at} ${opening.kind}`} opening={opening} />} />
      </section>
    </>
  );
}

interface ListProps<T> {
  query: { isError: boolean; error: unknown; refetch: () => unknown };
  rows: readonly T[] | undefined;
  empty: string;
  show: (row: T) => React.ReactNode;
}

function List<T>({ query, rows, empty, show }: ListProps<T>) {
  if (query.isError) return <Problem error={query.error} again={() => void query.refetch()} />;
  if (rows === undefined) return <Skeleton active={false} title={false} paragraph={{ rows: 2 }} />;
  return rows.length === 0 ? <p className="quiet">{empty}</p> : <ul className="lines small">{rows.map(show)}</ul>;
}

function Share({ share }: { share: StaffShare }) {
  const { t } = useStaffText();
  const state = stateOf(share, staffApi.now());
  const what = share.series === null ? t("access.whole") : t("access.chosen", { n: formatCount(share.series) });
  return (
    <li>
      <span>
        {[what, t(share.anonymous ? "access.anonymous" : "access.named"), share.report && t("access.withReport")].filter(Boolean).join(" · ")}
        <span className="line-more quiet">
          {t("access.until")} <When at={share.expires_at} /> · {share.limit === null ? t("access.used", { n: formatCount(share.used) }) : t("access.usedOf", { n: formatCount(share.used), limit: formatCount(share.limit) })}
        </span>
      </span>
      <StateTag tone={state.tone}>{t(`access.state.${state.is}`)}</StateTag>
    </li>
  );
}

function stateOf(share: StaffShare, now: number): { is: "revoked" | "expired" | "spent" | "open"; tone: Tone } {
  if (share.revoked_at !== null) return { is: "revoked", tone: "stop" };
  if (Date.parse(share.expires_at) <= now) return { is: "expired", tone: "wait" };
  return share.limit !== null && share.used >= share.limit ? { is: "spent", tone: "wait" } : { is: "open", tone: "good" };
}

function Opened({ opening }: { opening: Opening }) {
  const { t } = useStaffText();
  return (
    <li>
      <span>{t(`access.by.${opening.kind}`, { account: opening.account ?? "" })}</span>
      <When at={opening.at} />
    </li>
  );
}
