import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { ArrowLeft } from "lucide-react";
import { useState } from "react";

import { staffApi } from "../../api/staff";
import type { BillLine, BillSummary } from "../../api/staff_types";
import { Icon } from "../../look/parts";
import { formatCount, formatDateTime } from "../../text/format";
import { useStaffText } from "../../text/staff";
import { whileHere } from "../activity";
import { Page } from "../page";
import { Pager, usePaging } from "../paging";
import { Problem, wordsOf } from "../problem";
import { Dialog } from "../reason_form";
import { Records, type Column } from "../records";
import { formatStaffRoute } from "../routes";
import { useSession } from "../session";
import { StateTag } from "../state_tag";
import { When } from "../when";
import { TONES } from "./bills_page";
import { CorrectionForm } from "./correction_form";
import { Downloads } from "./downloads";
import { formatMoney, formatMonth } from "./money";

/** One month's bill, line by line. */
export default function MonthPage({ month }: { month: string }) {
  const { t, language } = useStaffText();
  const paging = usePaging();
  const [corrected, correct] = useState<BillLine | null>(null);
  const bill = useQuery({
    queryKey: ["bills", month, paging.after],
    queryFn: () => staffApi.bill(month, paging.after),
    placeholderData: keepPreviousData,
    // Its files are being made: the page shows when they are there.
    refetchInterval: (query) => (query.state.data?.bill.state === "ordered" ? whileHere(5_000) : false),
  });
  const columns: Column<BillLine>[] = [
    { key: "at", title: t("bills.at"), card: "line", render: ({ at }) => <When at={at} /> },
    { key: "number", title: t("bills.number"), card: "head", render: ({ accession_number }) => accession_number || t("none") },
    { key: "item", title: t("bills.item"), card: "line", render: (line) => <Item line={line} /> },
    { key: "patient", title: t("bills.patient"), card: "line", render: ({ patient }) => patient || t("none") },
    { key: "amount", title: t("bills.amount"), card: "mark", align: "right", width: 110, render: ({ amount }) => formatMoney(amount) },
    {
      key: "do",
      title: t("actions"),
      card: "actions",
      width: 96,
      render: (line) =>
        line.kind === "case" && (
          <Button type="link" onClick={() => correct(line)}>
            {t("bills.correct")}
          </Button>
        ),
    },
  ];
  return (
    <Page title={t("bills.title", { month: formatMonth(month, language) })} actions={<Back />}>
      {bill.isError ? (
        <Problem error={bill.error} again={() => void bill.refetch()} />
      ) : (
        <>
          {bill.data && <Summary bill={bill.data.bill} />}
          <Records
            label={t("bills.lines")}
            rows={bill.data?.lines}
            columns={columns}
            rowKey={({ kind, exam, at }) => `${kind} ${exam} ${at}`}
            empty={{ title: t("bills.noLines"), more: t("bills.noLinesMore") }}
          />
          <Pager paging={paging} after={bill.data?.after} />
        </>
      )}
      <Dialog open={corrected !== null} title={t("bills.correctTitle")} onClose={() => correct(null)}>
        {corrected && <CorrectionForm month={month} line={corrected} onDone={() => correct(null)} />}
      </Dialog>
    </Page>
  );
}

function Back() {
  const { t } = useStaffText();
  return (
    <a className="text-link" href={formatStaffRoute({ page: "bills" })}>
      <Icon of={ArrowLeft} />
      {t("bills.all")}
    </a>
  );
}

function Item({ line }: { line: BillLine }) {
  const { t, language } = useStaffText();
  return (
    <>
      {line.item || line.modalities.join("/")}
      {line.kind === "correction" && (
        <span className="line-more small quiet">
          {t("bills.correctionOf", { month: formatMonth(line.case_month ?? "", language), reason: line.reason ?? "", by: (line.by ?? "").replace(/^staff:/, "") })}
        </span>
      )}
    </>
  );
}

function Summary({ bill }: { bill: BillSummary }) {
  const { t, language } = useStaffText();
  const { session } = useSession();
  const client = useQueryClient();
  const { message } = App.useApp();
  const close = useMutation({
    mutationFn: () => staffApi.closeBill(bill.month),
    onSuccess: () => client.invalidateQueries({ queryKey: ["bills"] }),
    onError: (error) => void message.error(wordsOf(error, t, language)),
  });
  const [asked, ask] = useState(false);
  return (
    <section className="card summary" aria-label={t("bills.summary")}>
      <dl>
        <div>
          <dt>{t("bills.state")}</dt>
          <dd>
            <StateTag tone={TONES[bill.state]}>{t(`bills.stateIs.${bill.state}`)}</StateTag>
          </dd>
        </div>
        <div>
          <dt>{t("bills.count")}</dt>
          <dd>{formatCount(bill.count)}</dd>
        </div>
        <div>
          <dt>{t("bills.price")}</dt>
          <dd>{formatMoney(bill.price)}</dd>
        </div>
        <div>
          <dt>{t("bills.corrections")}</dt>
          <dd>{formatCount(bill.corrections)}</dd>
        </div>
        <div className="summary-sum">
          <dt>{t("bills.sum")}</dt>
          <dd>{formatMoney(bill.sum)}</dd>
        </div>
      </dl>
      {bill.state === "closed" && <Downloads month={bill.month} />}
      {bill.state === "closed" && bill.closed_at && (
        <p className="quiet small">{t("bills.closedAt", { time: formatDateTime(bill.closed_at, language, session.hospital.time_zone) })}</p>
      )}
      {bill.state === "ordered" && <p role="status">{t("bills.ordered")}</p>}
      {bill.state === "open" && (
        <div className="summary-close">
          <p className="quiet small">{t(bill.may_close ? "bills.mayClose" : "bills.running")}</p>
          {bill.may_close && <Button onClick={() => ask(true)}>{t("bills.close")}</Button>}
        </div>
      )}
      <Dialog open={asked} title={t("bills.closeTitle")} onClose={() => ask(false)}>
        <p className="quiet">{t("bills.closeLead")}</p>
        <div className="dialog-actions">
          <Button onClick={() => ask(false)}>{t("cancel")}</Button>
          <Button type="primary" loading={close.isPending} onClick={() => close.mutate(undefined, { onSettled: () => ask(false) })}>
            {t("bills.close")}
          </Button>
        </div>
      </Dialog>
    </section>
  );
}
