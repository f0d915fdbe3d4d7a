import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useState } from "react";

import { staffApi } from "../../api/staff";
import type { Waiting, WaitingSubject } from "../../api/staff_types";
import { formatCount } from "../../text/format";
import { useStaffText } from "../../text/staff";
import { whileHere } from "../activity";
import { ageOf } from "../amounts";
import { Page } from "../page";
import { Problem, wordsOf } from "../problem";
import { Dialog, ReasonForm } from "../reason_form";
import { Records, type Column } from "../records";
import { formatStaffRoute } from "../routes";
import { useSession } from "../session";
import { keepSearch, NOTHING } from "../studies/kept_search";
import { useNow } from "../use_now";
import { isKnownReason } from "./reasons";

/** What could not be taken in, why, and what to do. */
export default function QuarantinePage() {
  const { t, language } = useStaffText();
  const { may } = useSession();
  const now = useNow(60_000);
  const client = useQueryClient();
  const { message } = App.useApp();
  const [settled, settle] = useState<Waiting | null>(null);
  const waiting = useQuery({ queryKey: ["quarantine"], queryFn: staffApi.waiting, refetchInterval: () => whileHere(30_000) });
  const retry = useMutation({
    mutationFn: ({ subject, name }: Waiting) => staffApi.retry(subject, name),
    onSuccess: () => void message.success(t("quarantine.retried")),
    onError: (error) => void message.error(wordsOf(error, t, language)),
    onSettled: () => client.invalidateQueries({ queryKey: ["quarantine"] }),
  });
  const columns: Column<Waiting>[] = [
    { key: "what", title: t("quarantine.what"), card: "head", width: 190, render: (entry) => <What entry={entry} /> },
    { key: "why", title: t("quarantine.why"), card: "line", render: (entry) => <Why entry={entry} /> },
    { key: "age", title: t("quarantine.age"), card: "line", width: 110, render: ({ at }) => <span className="nowrap">{ageOf(now - Date.parse(at), t)}</span> },
  ];
  if (may("quarantine.change"))
    columns.push({
      key: "do",
      title: t("actions"),
      card: "actions",
      width: 200,
      render: (entry) => (
        <span className="row-actions">
          {entry.may_retry && (
            <Button loading={retry.isPending && retry.variables === entry} onClick={() => retry.mutate(entry)}>
              {t("quarantine.retry")}
            </Button>
          )}
          <Button type="text" onClick={() => settle(entry)}>
            {t("quarantine.settle")}
          </Button>
        </span>
      ),
    });
  return (
    <Page title={t("nav.quarantine")} lead={t("quarantine.lead")}>
      {waiting.isError ? (
        <Problem error={waiting.error} again={() => void waiting.refetch()} />
      ) : (
        <Records
          label={t("nav.quarantine")}
          rows={waiting.data?.entries}
          columns={columns}
          rowKey={({ subject, name }) => `${subject} ${name}`}
          empty={{ title: t("quarantine.empty"), more: t("quarantine.emptyMore") }}
        />
      )}
      <Dialog open={settled !== null} title={t("quarantine.settleTitle")} onClose={() => settle(null)}>
        {settled && (
          <ReasonForm
            lead={<p>{t("quarantine.settleLead")}</p>}
            go={t("quarantine.settle")}
            onSend={async ({ reason }) => {
              await staffApi.settle(settled.subject, settled.name, reason!);
              await client.invalidateQueries({ queryKey: ["quarantine"] });
            }}
            onDone={() => settle(null)}
          />
        )}
      </Dialog>
    </Page>
  );
}

const SHOWN = 12; // of a name in this system; the list finds it by them
/** Whose names the list finds. */
const LISTED: readonly WaitingSubject[] = ["exam", "notice", "study"];

function What({ entry }: { entry: Waiting }) {
  const { t } = useStaffText();
  const name = (entry.study ?? entry.name).slice(0, SHOWN);
  const listed = entry.study !== null || LISTED.includes(entry.subject);
  return (
    <>
      {t(`quarantine.subject.${entry.subject}`)}
      {entry.count > 0 && ` · ${t("quarantine.images", { n: formatCount(entry.count) })}`}
      <span className="line-more small quiet">
        {entry.agent && `${entry.agent} · `}
        {listed ? (
          <a className="text-link" href={formatStaffRoute({ page: "studies" })} onClick={() => keepSearch({ ...NOTHING, text: name })}>
            {t("quarantine.inList", { name })}
          </a>
        ) : (
          name
        )}
      </span>
    </>
  );
}

function Why({ entry: { reason, advice } }: { entry: Waiting }) {
  const { t, language } = useStaffText();
  const known = isKnownReason(reason);
  return (
    <>
      {known ? t(`quarantine.reason.${reason}`) : t("quarantine.reasonUnknown", { reason })}
      <span className="line-more small quiet">{known ? t(`quarantine.todo.${reason}`) : advice[language] || t("quarantine.todoUnknown")}</span>
    </>
  );
}
