import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState, type ReactNode } from "react";

import { staffApi } from "../../api/staff";
import type { Agent } from "../../api/staff_types";
import { formatCount } from "../../text/format";
import { useStaffText } from "../../text/staff";
import { whileHere } from "../activity";
import { ageOf, formatBytes } from "../amounts";
import { Page } from "../page";
import { Problem } from "../problem";
import { Dialog, ReasonForm } from "../reason_form";
import { Records, type Column } from "../records";
import { useSession } from "../session";
import { StateTag } from "../state_tag";
import { useNow } from "../use_now";
import { When } from "../when";
import { troublesOf, toneOf } from "./agent_state";
import { Enrolment } from "./enrolment";

/** The hospital's agents: heard when, what waits in them, how much disk is left. */
export default function AgentsPage() {
  const { t } = useStaffText();
  const { may } = useSession();
  const now = useNow(15_000);
  const [enrolling, enrol] = useState(false);
  const [revoked, revoke] = useState<Agent | null>(null);
  const agents = useQuery({ queryKey: ["agents"], queryFn: staffApi.agents, refetchInterval: () => whileHere(30_000) });
  const client = useQueryClient();
  const told = (agent: Agent, words: (beat: NonNullable<Agent["heartbeat"]>) => ReactNode) => (agent.heartbeat ? words(agent.heartbeat) : t("none"));
  const says = ({ heartbeat }: Agent) => heartbeat !== null;
  const columns: Column<Agent>[] = [
    { key: "agent", title: t("agents.agent"), card: "head", render: ({ ae_title }) => ae_title },
    { key: "state", title: t("agents.state"), card: "mark", render: (agent) => <State agent={agent} /> },
    {
      key: "heard",
      title: t("agents.heard"),
      card: "line",
      says,
      render: (agent) => told(agent, ({ at }) => ageOf(now - Date.parse(at), t)),
    },
    {
      key: "queue",
      title: t("agents.queue"),
      card: "line",
      says,
      align: "right",
      render: (agent) => told(agent, ({ objects, bytes }) => (objects === 0 ? t("agents.queueEmpty") : <span className="nowrap">{formatCount(objects)} · {formatBytes(bytes)}</span>)),
    },
    { key: "disk", title: t("agents.disk"), card: "line", says, align: "right", render: (agent) => told(agent, ({ free_bytes }) => formatBytes(free_bytes)) },
    { key: "version", title: t("agents.version"), card: "line", says, render: (agent) => told(agent, ({ version }) => version) },
    { key: "enrolled", title: t("agents.enrolled"), card: "line", wide: true, render: ({ enrolled_at }) => <When at={enrolled_at} /> },
  ];
  if (may("agents.change"))
    columns.push({
      key: "do",
      title: t("actions"),
      card: "actions",
      width: 96,
      render: (agent) =>
        agent.state !== "revoked" && (
          <Button danger type="text" onClick={() => revoke(agent)}>
            {t("agents.revoke")}
          </Button>
        ),
    });
  return (
    <Page
      title={t("nav.agents")}
      lead={t("agents.lead")}
      actions={
        may("agents.change") && (
          <Button type="primary" onClick={() => enrol(true)}>
            {t("agents.enrol")}
          </Button>
        )
      }
    >
      {agents.isError ? (
        <Problem error={agents.error} again={() => void agents.refetch()} />
      ) : (
        <Records
          label={t("nav.agents")}
          rows={agents.data?.agents}
          columns={columns}
          rowKey={({ agent }) => agent}
          empty={{ title: t("agents.empty"), more: t("agents.emptyMore") }}
        />
      )}
      <Dialog open={enrolling} title={t("agents.enrol")} onClose={() => enrol(false)}>
        <Enrolment onDone={() => enrol(false)} />
      </Dialog>
      <Dialog open={revoked !== null} title={t("agents.revokeTitle", { agent: revoked?.ae_title ?? "" })} onClose={() => revoke(null)}>
        {revoked && (
          <ReasonForm
            danger
            lead={<p>{t("agents.revokeLead")}</p>}
            go={t("agents.revokeGo")}
            typed={{ label: t("agents.revokeType", { agent: revoked.ae_title }), word: revoked.ae_title }}
            onSend={async ({ reason }) => {
              await staffApi.revoke(revoked.agent, reason!);
              await client.invalidateQueries({ queryKey: ["agents"] });
            }}
            onDone={() => revoke(null)}
          />
        )}
      </Dialog>
    </Page>
  );
}

function State({ agent }: { agent: Agent }) {
  const { t } = useStaffText();
  const troubles = troublesOf(agent);
  return (
    <span className="states">
      <StateTag tone={toneOf(agent.state)}>{t(`agents.stateIs.${agent.state}`)}</StateTag>
      {troubles.map(({ kind, n }) => (
        <StateTag key={kind} tone="warn">
          {t(`agents.trouble.${kind}`, { n: formatCount(n) })}
        </StateTag>
      ))}
    </span>
  );
}
