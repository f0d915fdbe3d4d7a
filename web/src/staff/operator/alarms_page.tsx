import { useQuery } from "@tanstack/react-query";

import { staffApi } from "../../api/staff";
import type { Alarm } from "../../api/staff_types";
import { formatCount } from "../../text/format";
import { useStaffText } from "../../text/staff";
import { staffZhCN } from "../../text/staff.zh-CN";
import { whileHere } from "../activity";
import { ageOf, formatBytes } from "../amounts";
import { Page } from "../page";
import { Problem } from "../problem";
import { Records, type Column } from "../records";
import { formatStaffRoute, type PageName } from "../routes";
import { StateTag } from "../state_tag";
import { useNow } from "../use_now";
import { queueWords } from "./queue_words";
import { isKnownReason } from "./reasons";

type KnownAlarm = keyof typeof staffZhCN.alarms.kind;

function isKnown(kind: string): kind is KnownAlarm {
  return kind in staffZhCN.alarms.kind;
}

/** What needs somebody now, the worst first. */
export default function AlarmsPage() {
  const { t } = useStaffText();
  const now = useNow(60_000);
  const alarms = useQuery({ queryKey: ["alarms"], queryFn: staffApi.alarms, refetchInterval: () => whileHere(30_000) });
  const columns: Column<Alarm>[] = [
    {
      key: "what",
      title: t("alarms.what"),
      card: "head",
      render: (alarm) => <a className="record-link" href={formatStaffRoute({ page: placeOf(alarm) })}>{isKnown(alarm.kind) ? t(`alarms.kind.${alarm.kind}`) : alarm.kind}</a>,
    },
    {
      key: "severity",
      title: t("alarms.severity"),
      card: "mark",
      render: ({ urgent }) => <StateTag tone={urgent ? "stop" : "warn"}>{t(urgent ? "alarms.urgent" : "alarms.soon")}</StateTag>,
    },
    { key: "where", title: t("alarms.where"), card: "line", render: (alarm) => <Where alarm={alarm} /> },
    { key: "since", title: t("alarms.since"), card: "line", render: ({ since }) => <span className="nowrap">{since === null ? t("none") : ageOf(now - Date.parse(since), t)}</span> },
  ];
  return (
    <Page title={t("nav.alarms")} lead={t("alarms.lead")}>
      {alarms.isError ? (
        <Problem error={alarms.error} again={() => void alarms.refetch()} />
      ) : (
        <Records
          label={t("nav.alarms")}
          rows={alarms.data?.alarms}
          columns={columns}
          rowKey={({ kind, subject }) => `${kind} ${subject}`}
          empty={{ title: t("alarms.empty"), more: t("alarms.emptyMore") }}
        />
      )}
    </Page>
  );
}

/** Where something can be done about it. */
function placeOf({ kind }: Alarm): PageName {
  if (kind.startsWith("agent")) return "agents";
  return kind === "dead_letters" ? "queues" : kind === "quarantine_old" ? "quarantine" : "alarms";
}

function Where({ alarm: { kind, subject, count } }: { alarm: Alarm }) {
  const { t } = useStaffText();
  const where =
    kind === "dead_letters" ? queueWords(subject, t) : kind === "quarantine_old" && isKnownReason(subject) ? t(`quarantine.reason.${subject}`) : subject;
  const much = kind === "agent_disk_low" ? t("alarms.free", { n: formatBytes(count) }) : count > 0 && t("alarms.count", { n: formatCount(count) });
  return <>{[where, much].filter(Boolean).join(" · ")}</>;
}
