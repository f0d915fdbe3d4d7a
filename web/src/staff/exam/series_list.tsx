import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { ImageOff } from "lucide-react";
import { useState } from "react";

import { staffApi } from "../../api/staff";
import type { StaffExam, StaffSeries } from "../../api/staff_types";
import { Icon } from "../../look/parts";
import { useInSight } from "../../look/use_in_sight";
import { useNamedFile } from "../../look/use_named_file";
import { renewAfter } from "../../state/signed";
import { formatCount } from "../../text/format";
import { useStaffText } from "../../text/staff";
import { wordsOf } from "../problem";
import { Dialog, ReasonForm } from "../reason_form";
import { walk } from "../records";
import { formatStaffRoute } from "../routes";
import { useSession } from "../session";

/** The exam's series, hidden ones too: for a doctor decides what the patient sees. */
export function SeriesList({ exam, shown, onPick }: { exam: StaffExam; shown: string | null; onPick: () => void }) {
  const { t } = useStaffText();
  const [hiding, hide] = useState<StaffSeries | null>(null);
  const all = exam.studies.flatMap((study) => study.series);
  return (
    <section className="card" aria-label={t("exam.series")}>
      <h2>{t("exam.series")}</h2>
      {all.length === 0 && <p className="quiet">{t("exam.noSeries")}</p>}
      <ul className="exam-series" onKeyDown={walk}>
        {all.map((series) => (
          <li key={series.series} data-hidden={series.hidden !== null || undefined}>
            <a
              className="record-link"
              href={formatStaffRoute({ page: "exam", exam: exam.exam, series: series.series })}
              aria-current={series.series === shown || undefined}
              onClick={onPick}
            >
              <Thumbnail exam={exam.exam} series={series} />
              <span className="exam-series-name">{series.description || t("exam.seriesNumber", { n: series.number ?? "?" })}</span>
              <span className="small quiet">
                {series.modality} · {t("exam.images", { n: formatCount(series.received) })}
                {series.hidden && ` · ${t("exam.hidden")}`}
              </span>
            </a>
            <Decide exam={exam.exam} series={series} onHide={() => hide(series)} />
          </li>
        ))}
      </ul>
      <Hiding exam={exam.exam} series={hiding} onDone={() => hide(null)} />
    </section>
  );
}

function Decide({ exam, series, onHide }: { exam: string; series: StaffSeries; onHide: () => void }) {
  const { t } = useStaffText();
  const { may } = useSession();
  const show = useShow(exam);
  if (!may("series.hide")) return null;
  if (series.hidden === null)
    return (
      <Button type="text" onClick={onHide}>
        {t("exam.hide")}
      </Button>
    );
  return (
    <Button type="text" loading={show.isPending} onClick={() => show.mutate(series.series)}>
      {t("exam.show")}
    </Button>
  );
}

function useShow(exam: string) {
  const { t, language } = useStaffText();
  const client = useQueryClient();
  const { message } = App.useApp();
  return useMutation({
    mutationFn: (series: string) => staffApi.showSeries(exam, series, t("exam.showReason")),
    onSuccess: () => void message.success(t("exam.shown")),
    onError: (error) => void message.error(wordsOf(error, t, language)),
    onSettled: () => client.invalidateQueries({ queryKey: ["exam", exam] }),
  });
}

const UNDO_S = 10;

function Hiding({ exam, series, onDone }: { exam: string; series: StaffSeries | null; onDone: () => void }) {
  const { t } = useStaffText();
  const client = useQueryClient();
  const { notification } = App.useApp();
  const show = useShow(exam);

  async function hide(name: string, reason: string) {
    await staffApi.hideSeries(exam, name, reason);
    await client.invalidateQueries({ queryKey: ["exam", exam] });
    notification.success({
      key: name,
      title: t("exam.hiddenDone"),
      description: t("exam.hiddenMore"),
      duration: UNDO_S,
      placement: "bottomLeft",
      actions: (
        <Button
          onClick={() => {
            notification.destroy(name);
            show.mutate(name);
          }}
        >
          {t("exam.undo")}
        </Button>
      ),
    });
  }

  return (
    <Dialog open={series !== null} title={t("exam.hideTitle")} onClose={onDone}>
      {series && (
        <ReasonForm
          lead={<p>{t("exam.hideLead", { series: series.description || t("exam.seriesNumber", { n: series.number ?? "?" }) })}</p>}
          go={t("exam.hide")}
          danger
          onSend={({ reason }) => hide(series.series, reason!)}
          onDone={onDone}
        />
      )}
    </Dialog>
  );
}

function Thumbnail({ exam, series }: { exam: string; series: StaffSeries }) {
  const [box, seen] = useInSight<HTMLSpanElement>("100px");
  const place = useQuery({
    queryKey: ["place", exam, series.series],
    queryFn: async () => {
      const place = await staffApi.openSeries(exam, series.series);
      return { ...place, lifeMs: renewAfter(place, staffApi.now()) };
    },
    enabled: seen && series.thumbnail !== null,
    staleTime: (query) => query.state.data?.lifeMs ?? 0,
  });
  const { src } = useNamedFile(place.data && series.thumbnail !== null ? place.data.base + series.thumbnail : undefined);
  return (
    <span className="exam-thumbnail" ref={box}>
      {src ? <img src={src} alt="" decoding="async" /> : <Icon of={ImageOff} />}
    </span>
  );
}
