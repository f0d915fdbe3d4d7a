import { useQuery } from "@tanstack/react-query";

import { staffApi } from "../../api/staff";
import type { BillState, BillSummary } from "../../api/staff_types";
import { formatCount } from "../../text/format";
import { useStaffText } from "../../text/staff";
import { whileHere } from "../activity";
import { Page } from "../page";
import { Problem } from "../problem";
import { Records, type Column } from "../records";
import { formatStaffRoute } from "../routes";
import { StateTag, type Tone } from "../state_tag";
import { formatMoney, formatMonth } from "./money";

export const TONES: Record<BillState, Tone> = { open: "wait", ordered: "warn", closed: "good" };

/** All months, the newest first. */
export default function BillsPage() {
  const { t, language } = useStaffText();
  const bills = useQuery({ queryKey: ["bills"], queryFn: staffApi.bills, refetchInterval: () => whileHere(60_000) });
  const columns: Column<BillSummary>[] = [
    {
      key: "month",
      title: t("bills.month"),
      card: "head",
      render: ({ month }) => (
        <a className="record-link" href={formatStaffRoute({ page: "month", month })}>
          {formatMonth(month, language)}
        </a>
      ),
    },
    { key: "state", title: t("bills.state"), card: "mark", render: ({ state }) => <StateTag tone={TONES[state]}>{t(`bills.stateIs.${state}`)}</StateTag> },
    { key: "count", title: t("bills.count"), card: "line", align: "right", render: ({ count }) => formatCount(count) },
    { key: "corrections", title: t("bills.corrections"), card: "line", align: "right", render: ({ corrections }) => formatCount(corrections) },
    { key: "price", title: t("bills.price"), card: "line", align: "right", render: ({ price }) => formatMoney(price) },
    { key: "sum", title: t("bills.sum"), card: "line", align: "right", render: ({ sum }) => <strong>{formatMoney(sum)}</strong> },
  ];
  return (
    <Page title={t("nav.bills")} lead={t("bills.lead")}>
      {bills.isError ? (
        <Problem error={bills.error} again={() => void bills.refetch()} />
      ) : (
        <Records
          label={t("nav.bills")}
          rows={bills.data?.months}
          columns={columns}
          rowKey={({ month }) => month}
          empty={{ title: t("bills.empty"), more: t("bills.emptyMore") }}
        />
      )}
    </Page>
  );
}
