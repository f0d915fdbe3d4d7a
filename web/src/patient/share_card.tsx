import { CircleCheck, Copy, Lock, Share2 } from "lucide-react";
import { useState } from "react";
import { encode } from "uqr";

import { patientApi } from "../api/patient";
import type { PatientExam, Share } from "../api/types";
import { Button, Icon, Note } from "../look/parts";
import { seriesOf } from "../state/arrival";
import { useText, type Translate } from "../text";
import { formatDateTime } from "../text/format";

interface ShareCardProps {
  exam: PatientExam;
  share: Share;
  /** The pass code, known only just after the share was made. */
  code: string | null;
  isNew?: boolean;
  onChanged: () => void;
  onAnother?: () => void;
}

/** One share: its link and QR while it opens, what it gives, how often it was opened, and how to end it. */
export function ShareCard({ exam, share, code, isNew = false, onChanged, onAnother }: ShareCardProps) {
  const { t, language } = useText();
  const [shown, show] = useState(isNew);
  const until = formatDateTime(share.expires_at, language, exam.hospital.time_zone);
  const last = share.opened[0];
  return (
    <div className="card stack share-card" data-state={share.state}>
      <div className="share-card-head">
        <h2>{t("share.numbered", { n: share.serial })}</h2>
        <span className={`badge badge-${share.state === "open" ? "good" : share.state === "locked" ? "warn" : "plain"}`}>
          {share.state === "open" && <Icon of={CircleCheck} />}
          {share.state === "locked" && <Icon of={Lock} />}
          {t(`share.state.${share.state}`)}
        </span>
      </div>
      {share.link !== null && shown && <LinkAndCode link={share.link} />}
      {code !== null && (
        <Note icon={Lock}>
          <p>
            {t("share.codeIs")} <strong className="share-code">{code}</strong>
          </p>
          <p className="quiet small">{t("share.codeOnce")}</p>
        </Note>
      )}
      <ul className="share-facts small">
        <li>{whatOf(exam, share, t)}</li>
        <li>{[t(share.anonymous ? "share.anonymous" : "share.named"), share.code ? t("share.withCode") : ""].filter(Boolean).join(" · ")}</li>
        {share.link !== null && <li>{t("share.untilTime", { time: until })}</li>}
        <li>{usesOf(share, t)}</li>
        {last !== undefined && <li>{t("share.last", { time: formatDateTime(last, language, exam.hospital.time_zone) })}</li>}
      </ul>
      {share.link !== null && !shown && (
        <Button weight="second" onClick={() => show(true)}>
          {t("share.showLink")}
        </Button>
      )}
      {share.link !== null && <Ending share={share} onEnded={onChanged} />}
      {onAnother && (
        <Button weight="quiet" onClick={onAnother}>
          {t("share.another")}
        </Button>
      )}
    </div>
  );
}

function whatOf(exam: PatientExam, share: Share, t: Translate): string {
  const all = seriesOf(exam).length;
  const some = share.series?.length ?? all;
  const parts = [
    some > 0 && (share.series === null || some === all) ? t("share.allSeries") : some > 0 ? t("share.someSeries", { n: some }) : "",
    share.report ? t("exam.report") : "",
    share.film ? t("exam.film") : "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

function usesOf(share: Share, t: Translate): string {
  const used = share.used > 0 ? t("share.used", { n: share.used }) : t("share.unused");
  return share.limit > 0 ? t("share.usedOf", { used, total: share.limit }) : used;
}

function LinkAndCode({ link }: { link: string }) {
  const { t } = useText();
  const [copied, setCopied] = useState<"no" | "yes" | "failed">("no");
  const canShare = typeof navigator.share === "function";
  async function copy() {
    setCopied(await navigator.clipboard.writeText(link).then(() => "yes" as const, () => "failed" as const));
  }
  return (
    <div className="stack">
      <Qr text={link} label={t("share.qr")} />
      <p className="share-link small">{link}</p>
      <div className="share-buttons">
        <Button icon={copied === "yes" ? CircleCheck : Copy} onClick={() => void copy()}>
          {t(copied === "yes" ? "share.copied" : "share.copy")}
        </Button>
        {canShare && (
          <Button weight="second" icon={Share2} onClick={() => void navigator.share({ title: t("share.sent"), url: link }).catch(() => undefined)}>
            {t("share.send")}
          </Button>
        )}
      </div>
      {copied === "failed" && <p role="alert">{t("share.copyFailed")}</p>}
    </div>
  );
}

/** Drawn as one path: the page's policy allows no picture from elsewhere, and a phone's camera wants the quiet zone. */
function Qr({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg className="share-qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

function Ending({ share, onEnded }: { share: Share; onEnded: () => void }) {
  const { t } = useText();
  const [step, setStep] = useState<"calm" | "asking" | "ending" | "failed">("calm");
  async function end() {
    setStep("ending");
    try {
      await patientApi.endShare(share.serial);
      onEnded();
    } catch {
      setStep("failed");
    }
  }
  if (step === "calm") {
    return (
      <Button weight="quiet" onClick={() => setStep("asking")}>
        {t("share.end")}
      </Button>
    );
  }
  return (
    <Note icon={Lock} tone={step === "failed" ? "stop" : "warn"} role="alert">
      <p>{t(step === "failed" ? "share.endFailed" : "share.endSure")}</p>
      <div className="share-buttons">
        <Button resting={step === "ending"} onClick={() => void end()}>
          {t("share.endYes")}
        </Button>
        <Button weight="second" onClick={() => setStep("calm")}>
          {t("share.endNo")}
        </Button>
      </div>
    </Note>
  );
}
