import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useState } from "react";

import { staffApi } from "../../api/staff";
import type { Queue } from "../../api/staff_types";
import { formatCount } from "../../text/format";
import { useStaffText } from "../../text/staff";
import { whileHere } from "../activity";
import { Page } from "../page";
import { Problem, wordsOf } from "../problem";
import { Dialog } from "../reason_form";
import { Records, type Column } from "../records";
import { useSession } from "../session";
import { StateTag } from "../state_tag";
import { queueWords } from "./queue_words";

/** What the functions still have to do, and what they gave up on. */
export default function QueuesPage() {
  const { t, language } = useStaffText();
  const { may } = useSession();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [chosen, choose] = useState<Queue | null>(null);
  const queues = useQuery({ queryKey: ["queues"], queryFn: staffApi.queues, refetchInterval: () => whileHere(15_000) });
  const redrive = useMutation({
    mutationFn: staffApi.redrive,
    onSuccess: ({ moved, left }) => void message.success(t(left > 0 ? "queues.redrivenPart" : "queues.redriven", { n: formatCount(moved), left: formatCount(left) })),
    onError: (error) => void message.error(wordsOf(error, t, language)),
    onSettled: () => {
      choose(null);
      return client.invalidateQueries({ queryKey: ["queues"] });
    },
  });
  const columns: Column<Queue>[] = [
    { key: "name", title: t("queues.name"), card: "head", render: ({ name }) => <QueueName name={name} /> },
    {
      key: "state",
      title: t("queues.state"),
      card: "mark",
      render: ({ dead }) => <StateTag tone={dead > 0 ? "stop" : "good"}>{t(dead > 0 ? "queues.hasDead" : "queues.fine")}</StateTag>,
    },
    { key: "waiting", title: t("queues.waiting"), card: "line", align: "right", render: ({ waiting }) => formatCount(waiting) },
    { key: "flight", title: t("queues.inFlight"), card: "line", align: "right", render: ({ in_flight }) => formatCount(in_flight) },
    { key: "dead", title: t("queues.dead"), card: "line", align: "right", render: ({ dead }) => formatCount(dead) },
  ];
  if (may("queues.change"))
    columns.push({
      key: "do",
      title: t("actions"),
      card: "actions",
      width: 130,
      render: (queue) => queue.may_redrive && queue.dead > 0 && <Button onClick={() => choose(queue)}>{t("queues.redrive")}</Button>,
    });
  return (
    <Page title={t("nav.queues")} lead={t("queues.lead")}>
      {queues.isError ? (
        <Problem error={queues.error} again={() => void queues.refetch()} />
      ) : (
        <Records
          label={t("nav.queues")}
          rows={queues.data?.queues}
          columns={columns}
          rowKey={({ name }) => name}
          empty={{ title: t("queues.empty") }}
        />
      )}
      <Dialog open={chosen !== null} title={t("queues.redriveTitle")} onClose={() => choose(null)}>
        <p className="quiet">{t("queues.redriveLead", { n: formatCount(chosen?.dead ?? 0), name: chosen ? queueWords(chosen.name, t) : "" })}</p>
        <div className="dialog-actions">
          <Button onClick={() => choose(null)}>{t("cancel")}</Button>
          <Button type="primary" loading={redrive.isPending} onClick={() => chosen && redrive.mutate(chosen.name)}>
            {t("queues.redrive")}
          </Button>
        </div>
      </Dialog>
    </Page>
  );
}

/** In words; the name by which the system's own tools know it stands beside it. */
function QueueName({ name }: { name: string }) {
  const { t } = useStaffText();
  const words = queueWords(name, t);
  return (
    <>
      {words}
      {words !== name && <span className="line-more small quiet">{name}</span>}
    </>
  );
}
