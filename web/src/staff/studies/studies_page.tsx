import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button, DatePicker, Input, Select, type InputRef } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { staffApi } from "../../api/staff";
import { STUDY_STATES, type StudyLine, type StudyQuery } from "../../api/staff_types";
import { Icon } from "../../look/parts";
import { formatCount } from "../../text/format";
import { useStaffText } from "../../text/staff";
import { whileHere } from "../activity";
import { ageWords } from "../age";
import { isKnownReason } from "../operator/reasons";
import { CROWDED, useMedia } from "../media";
import { Page } from "../page";
import { Pager, usePaging } from "../paging";
import { Problem } from "../problem";
import { Records, type Column } from "../records";
import { formatStaffRoute } from "../routes";
import { useSession } from "../session";
import { StateTag } from "../state_tag";
import { When } from "../when";
import { keepSearch, keptSearch, NOTHING } from "./kept_search";
import { doubtsOf, standingOf, TONE } from "./study_state";

const MODALITIES = ["CT", "MR", "DX", "CR", "US", "MG", "XA", "PT", "NM", "RF"];
const PAUSE_MS = 300;

export default function StudiesPage() {
  const { t } = useStaffText();
  const { may } = useSession();
  const paging = usePaging();
  const cards = useMedia(CROWDED);
  const [query, setQuery] = useState(keptSearch);
  const studies = useQuery({
    queryKey: ["studies", query, paging.after],
    queryFn: () => staffApi.studies(query, paging.after),
    placeholderData: keepPreviousData,
    refetchInterval: () => whileHere(30_000),
  });
  const search = (next: StudyQuery) => {
    keepSearch(next);
    setQuery(next);
    paging.reset();
  };
  const columns: Column<StudyLine>[] = [
    {
      key: "patient",
      title: t("studies.patient"),
      card: "head",
      render: ({ exam, patient }) => {
        const words = patient.name || t("studies.nameless");
        return may("studies.view") ? (
          <a className="record-link" href={formatStaffRoute({ page: "exam", exam, series: null })}>
            {words}
          </a>
        ) : (
          <strong>{words}</strong>
        );
      },
    },
    { key: "about", title: t("studies.about"), card: "line", render: ({ patient }) => <span className="nowrap">{[t(`studies.sex.${sexOf(patient.sex)}`), ageWords(patient.age, t)].filter(Boolean).join(" · ")}</span> },
    { key: "number", title: t("studies.number"), card: "line", render: ({ accession_number }) => accession_number || t("none") },
    { key: "item", title: t("studies.item"), card: "line", render: ({ item, modalities }) => item || modalities.join("/") },
    { key: "modality", title: t("studies.modality"), card: "none", wide: true, render: ({ modalities }) => modalities.join("/") },
    { key: "at", title: t("studies.at"), card: "line", render: ({ at }) => <When at={at} /> },
    { key: "images", title: t("studies.images"), card: "line", align: "right", render: ({ received, declared }) => <span className="nowrap">{imagesOf(received, declared)}</span> },
    { key: "report", title: t("studies.report"), card: "line", wide: true, render: ({ report }) => t(`studies.reportIs.${report}`) },
    {
      key: "state",
      title: t("studies.state"),
      card: "mark",
      render: (study) => {
        const standing = standingOf(study);
        return (
          <>
            <StateTag tone={TONE[standing]}>{t(`studies.standing.${standing}`)}</StateTag>
            {!cards && <Doubts reasons={study.reasons} />}
          </>
        );
      },
    },
  ];
  if (cards)
    columns.push({
      key: "why",
      title: t("studies.why"),
      card: "line",
      says: ({ reasons }) => doubtsOf(reasons).length > 0,
      render: ({ reasons }) => <Doubts reasons={reasons} />,
    });
  const sought = query !== NOTHING && Object.values(query).some((value) => value !== null && value !== "");
  return (
    <Page title={t("nav.studies")} lead={studies.data?.total != null ? t("studies.total", { n: formatCount(studies.data.total) }) : undefined}>
      <SearchBar query={query} onSearch={search} />
      {studies.isError ? (
        <Problem error={studies.error} again={() => void studies.refetch()} />
      ) : (
        <>
          <Records
            label={t("nav.studies")}
            rows={studies.data?.studies}
            columns={columns}
            rowKey={({ study, exam }) => study ?? exam}
            empty={sought ? { title: t("studies.notFound"), more: t("studies.notFoundMore") } : { title: t("studies.empty"), more: t("studies.emptyMore") }}
          />
          <Pager paging={paging} after={studies.data?.after} />
        </>
      )}
    </Page>
  );
}

function SearchBar({ query, onSearch }: { query: StudyQuery; onSearch: (query: StudyQuery) => void }) {
  const { t } = useStaffText();
  const [typed, type] = useState(query.text);
  const field = useRef<InputRef>(null);
  const search = useRef({ query, onSearch });
  useEffect(() => void (search.current = { query, onSearch }));
  useEffect(() => {
    if (typed.trim() === search.current.query.text) return;
    const timer = window.setTimeout(() => search.current.onSearch({ ...search.current.query, text: typed.trim() }), PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [typed]);
  useEffect(() => {
    function press(event: KeyboardEvent) {
      const inField = event.target instanceof HTMLElement && event.target.closest("input, textarea, dialog") !== null;
      if (event.key !== "/" || inField || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current?.focus({ cursor: "all" });
    }
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  const days: [Dayjs | null, Dayjs | null] = [query.from === null ? null : dayjs(query.from), query.to === null ? null : dayjs(query.to)];
  return (
    <div className="search" role="search">
      <Input
        ref={field}
        className="search-text"
        prefix={<Icon of={Search} />}
        suffix={<kbd aria-hidden="true">/</kbd>}
        value={typed}
        maxLength={64}
        placeholder={t("studies.search")}
        aria-label={t("studies.search")}
        autoComplete="off"
        onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          document.querySelector<HTMLAnchorElement>("a.record-link")?.focus();
        }}
      />
      <DatePicker.RangePicker
        className="search-days"
        value={days}
        allowEmpty={[true, true]}
        inputReadOnly
        aria-label={t("studies.days")}
        onChange={(range) => onSearch({ ...query, from: range?.[0]?.format("YYYY-MM-DD") ?? null, to: range?.[1]?.format("YYYY-MM-DD") ?? null })}
      />
      <Select
        className="search-state"
        aria-label={t("studies.state")}
        value={query.state ?? ""}
        options={[{ value: "", label: t("studies.anyState") }, ...STUDY_STATES.map((state) => ({ value: state, label: t(`studies.only.${state}`) }))]}
        onChange={(state) => onSearch({ ...query, state: state === "" ? null : (state as StudyQuery["state"]) })}
      />
      <Select
        className="search-modality"
        aria-label={t("studies.modality")}
        value={query.modality ?? ""}
        options={[{ value: "", label: t("studies.anyModality") }, ...MODALITIES.map((value) => ({ value, label: value }))]}
        onChange={(modality) => onSearch({ ...query, modality: modality === "" ? null : modality })}
      />
      {(query.state ?? query.modality ?? query.from ?? query.to ?? (query.text || null)) !== null && (
        <Button
          type="text"
          onClick={() => {
            type("");
            onSearch(NOTHING);
          }}
        >
          {t("studies.clear")}
        </Button>
      )}
    </div>
  );
}

/** Why it waits for a person, and for an operator the way to what waits. */
function Doubts({ reasons }: { reasons: string[] }) {
  const { t } = useStaffText();
  const { may } = useSession();
  const doubts = doubtsOf(reasons);
  if (doubts.length === 0) return null;
  return (
    <span className="line-more small quiet state-why">
      {doubts.map((reason) => (isKnownReason(reason) ? t(`quarantine.reason.${reason}`) : t("quarantine.reasonUnknown", { reason }))).join(" ")}{" "}
      {may("quarantine.read") && <a className="text-link" href={formatStaffRoute({ page: "quarantine" })}>{t("studies.settle")}</a>}
    </span>
  );
}

function sexOf(sex: string): "M" | "F" | "O" {
  return sex === "M" || sex === "F" ? sex : "O";
}

/** 300, or 214 / 300 while some are still to come. */
function imagesOf(received: number, declared: number | null): string {
  if (declared === null || received >= declared) return formatCount(received);
  return `${formatCount(received)} / ${formatCount(declared)}`;
}
