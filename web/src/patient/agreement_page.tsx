import { useQuery } from "@tanstack/react-query";
import { CircleAlert } from "lucide-react";
import { useEffect, useState } from "react";

import { patientApi } from "../api/patient";
import type { AgreementBlock, PatientAgreement } from "../api/types";
import { Button } from "../look/parts";
import { useInSight } from "../look/use_in_sight";
import { useText } from "../text";
import { formatDateTime } from "../text/format";
import { Contact } from "./contact";
import { Missing } from "./missing";
import { Heading, Shell } from "./shell";
import "./agreement.css";

/** `onAgreed`: where nothing of the exam opens before. Without it the text is read beside the exam, and the way back leads there. */
interface AgreementPageProps {
  onAgreed?: () => Promise<unknown>;
  onSignOut?: () => Promise<void>;
}

export function AgreementPage({ onAgreed, onSignOut }: AgreementPageProps) {
  const { t } = useText();
  const agreement = useQuery<PatientAgreement>({ queryKey: ["agreement"], queryFn: () => patientApi.agreement(), staleTime: 0 });
  const forced = onAgreed !== undefined;
  return (
    <Shell title="title.agreement" name={agreement.data?.hospital.name} back={!forced} onSignOut={onSignOut}>
      <div className="agreement stack stack-wide">
        <div className="stack stack-close">
          <Heading>{t("agreement.title")}</Heading>
          {forced && <p className="quiet">{t("agreement.lead")}</p>}
        </div>
        {agreement.data && (
          <Reading key={agreement.data.version} agreement={agreement.data} reload={agreement.refetch} {...(onAgreed && { onAgreed })} />
        )}
        {!agreement.data && agreement.isError && (
          <Missing icon={CircleAlert} title={t("failed.title")} more={t("failed.next")}>
            <Button weight="second" onClick={() => void agreement.refetch()}>
              {t("retry")}
            </Button>
          </Missing>
        )}
        {agreement.data && <Contact hospital={agreement.data.hospital} />}
      </div>
    </Shell>
  );
}

interface ReadingProps {
  agreement: PatientAgreement;
  /** Where another version is in force meanwhile: fetches that. */
  reload: () => Promise<unknown>;
  onAgreed?: () => Promise<unknown>;
}

function Reading({ agreement, reload, onAgreed }: ReadingProps) {
  const { t, language } = useText();
  const [end, read] = useInSight<HTMLDivElement>("0px");
  const [state, setState] = useState<"asked" | "sending" | "failed">("asked");
  const { version, agreed_at: at, hospital } = agreement;

  async function agree(then: () => Promise<unknown>) {
    setState("sending");
    try {
      await patientApi.consent(version);
      await then();
    } catch {
      await reload();
      setState("failed");
    }
  }

  // Not forced: who came to the end has read it.
  const notes = onAgreed === undefined && at === null && read;
  useEffect(() => {
    if (notes) patientApi.consent(version).then(reload, () => undefined);
  }, [notes, version, reload]);

  return (
    <>
      <article className="card agreement-text">
        {agreement.texts[language].map((block, place) => (
          <Block key={place} block={block} />
        ))}
        <div ref={end} />
      </article>
      <p className="quiet small">
        {t("agreement.version", { n: version })}
        {at !== null && ` · ${t("agreement.read", { time: formatDateTime(at, language, hospital.time_zone) })}`}
      </p>
      {onAgreed && (
        <div className="stack stack-close">
          <Button resting={!read || state === "sending"} onClick={() => void agree(onAgreed)}>
            {t(state === "sending" ? "loading" : "agreement.agree")}
          </Button>
          <p className="quiet small" role="status">
            {state === "failed" ? t("agreement.failed") : read ? "" : t("agreement.toTheEnd")}
          </p>
        </div>
      )}
    </>
  );
}

function Block({ block }: { block: AgreementBlock }) {
  if (block.kind === "heading") return <h2>{block.text}</h2>;
  return <p className={block.kind === "item" ? "agreement-item" : undefined}>{block.text}</p>;
}
