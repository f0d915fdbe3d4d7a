import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";

import { staffApi } from "../../api/staff";
import type { StaffShare } from "../../api/staff_types";
import { formatCount } from "../../text/format";
import { useStaffText, type StaffTranslate } from "../../text/staff";
import { Problem } from "../problem";
import { StateTag, type Tone } from "../state_tag";
import { When } from "../when";

const TONE: Record<StaffShare["state"], Tone> = { open: "good", locked: "warn", revoked: "wait", expired: "wait", used_up: "wait" };

/** What the patient gave to others: they alone can take it back. */
export function Shares({ exam }: { exam: string }) {
  const { t } = useStaffText();
  const shares = useQuery({ queryKey: ["exam", exam, "shares"], queryFn: () => staffApi.shares(exam) });
  const rows = shares.data?.shares;
  return (
    <section className="card" aria-label={t("shares.title")}>
      <h2>{t("shares.title")}</h2>
      {shares.isError && <Problem error={shares.error} again={() => void shares.refetch()} />}
      {shares.isLoading && <Skeleton active={false} title={false} paragraph={{ rows: 2 }} />}
      {rows?.length === 0 && <p className="quiet">{t("shares.none")}</p>}
      {rows !== undefined && rows.length > 0 && (
        <ul className="shares small">
          {rows.map((share) => (
            <li key={share.serial}>
              <p className="shares-top">
                <strong>{t("shares.number", { n: share.serial })}</strong>
                <StateTag tone={TONE[share.state]}>{t(`shares.stateIs.${share.state}`)}</StateTag>
              </p>
              <dl className="card-lines">
                <div>
                  <dt>{t("shares.what")}</dt>
                  <dd>{whatOf(share, t)}</dd>
                </div>
                <div>
                  <dt>{t("shares.until")}</dt>
                  <dd>
                    <When at={share.revoked_at ?? share.expires_at} />
                  </dd>
                </div>
                <div>
                  <dt>{t("shares.used")}</dt>
                  <dd>{t(share.limit === 0 ? "shares.usedOf.any" : "shares.usedOf.limit", { n: formatCount(share.used), limit: formatCount(share.limit) })}</dd>
                </div>
                {share.opened[0] !== undefined && (
                  <div>
                    <dt>{t("shares.last")}</dt>
                    <dd>
                      <When at={share.opened[0]} />
                    </dd>
                  </div>
                )}
              </dl>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function whatOf({ series, report, film, anonymous, code }: StaffShare, t: StaffTranslate): string {
  const images = series === null ? t("shares.allImages") : series > 0 && t("shares.someImages", { n: formatCount(series) });
  return [images, report && t("shares.report"), film && t("shares.film"), anonymous && t("shares.anonymous"), code && t("shares.code")].filter(Boolean).join(" · ");
}
