/** Where the visit cannot go on: what happened, what it means, what to do, whom to call. */

import {
  Archive,
  CalendarClock,
  CircleAlert,
  CircleCheck,
  Hourglass,
  Link2Off,
  Lock,
  QrCode,
  ShieldCheck,
  WifiOff,
  type LucideIcon,
} from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";

import { patientApi } from "../api/patient";
import { isGuest } from "../api/request";
import type { Hospital } from "../api/types";
import { Button, Icon } from "../look/parts";
import type { Entry } from "../state/entry";
import { askWhileSeen } from "../state/while_seen";
import { useText, type Translate } from "../text";
import { formatTime, formatWait } from "../text/format";
import { zhCN } from "../text/zh-CN";
import { Contact } from "./contact";
import { Heading, Shell } from "./shell";

type Ended = Exclude<Entry["step"], "checking" | "verify" | "guest" | "open">;
type Tone = "wait" | "warn" | "stop" | "good";

const LOOKS: Record<Ended, { icon: LucideIcon; tone: Tone }> = {
  waiting: { icon: Hourglass, tone: "wait" },
  rebuilding: { icon: ShieldCheck, tone: "wait" },
  locked: { icon: Lock, tone: "warn" },
  expired: { icon: CalendarClock, tone: "warn" },
  usedUp: { icon: Link2Off, tone: "warn" },
  revoked: { icon: Link2Off, tone: "stop" },
  removed: { icon: Archive, tone: "stop" },
  unknown: { icon: QrCode, tone: "warn" },
  reopen: { icon: QrCode, tone: "wait" },
  left: { icon: CircleCheck, tone: "good" },
  offline: { icon: WifiOff, tone: "warn" },
  failed: { icon: CircleAlert, tone: "stop" },
};

/** Nothing that the reader does here helps: whom to call is the page's main thing. */
const ENDED_BY_HOSPITAL = new Set<Ended>(["expired", "revoked", "removed"]);

interface StatePageProps {
  entry: Extract<Entry, { step: Ended }>;
  onRetry: () => Promise<void>;
}

export function StatePage({ entry, onRetry }: StatePageProps) {
  const { t } = useText();
  const { step, hospital } = entry;
  if (step === "locked") return <LockedPage hospital={hospital} until={entry.until} onRetry={onRetry} />;
  const retried = step === "offline" || step === "failed" || step === "rebuilding";
  return (
    <StateLayout step={step} hospital={hospital} called={!isGuest && ENDED_BY_HOSPITAL.has(step)}>
      {step === "failed" && entry.requestId !== null && (
        <p className="quiet small">{t("failed.reference", { id: entry.requestId })}</p>
      )}
      {retried && <Retry onRetry={onRetry} />}
    </StateLayout>
  );
}

function StateLayout({ step, hospital, called, children }: { step: Ended; hospital: Hospital | null; called: boolean; children: ReactNode }) {
  const { t } = useText();
  const words = wordsOf(step, t);
  return (
    <Shell title="title.start" name={hospital?.name}>
      <div className="stack stack-wide">
        <StateIcon step={step} />
        <div className="stack">
          <Heading>{words.title}</Heading>
          <div className="stack" role={step === "left" ? "status" : undefined}>
            <p>{words.body}</p>
            <p>{words.next}</p>
          </div>
        </div>
        {children}
        {!called && <hr className="rule" />}
        <Contact hospital={hospital} main={called} />
      </div>
    </Shell>
  );
}

/** A guest reads of a share that somebody gave them, not of a link from the hospital. */
function wordsOf(step: Ended, t: Translate): { title: string; body: string; next: string } {
  if (isSharedWord(step) && (isGuest || step === "usedUp")) {
    return { title: t(`shared.${step}.title`), body: t(`shared.${step}.body`), next: t(`shared.${step}.next`) };
  }
  return { title: t(`${step}.title`), body: t(`${step}.body`), next: t(`${step}.next`) };
}

function isSharedWord(step: Ended): step is Ended & keyof typeof zhCN.shared {
  return step in zhCN.shared;
}

function StateIcon({ step }: { step: Ended }) {
  const { icon, tone } = LOOKS[step];
  return (
    <div className={`state-icon state-${tone}`}>
      <Icon of={icon} />
    </div>
  );
}

function Retry({ onRetry }: { onRetry: () => Promise<void> }) {
  const { t } = useText();
  const [asking, setAsking] = useState(false);
  async function ask() {
    setAsking(true);
    await onRetry();
    setAsking(false);
  }
  return (
    <Button resting={asking} onClick={() => void ask()}>
      {t(asking ? "loading" : "retry")}
    </Button>
  );
}

function LockedPage({ hospital, until, onRetry }: { hospital: Hospital | null; until: string | null; onRetry: () => Promise<void> }) {
  const { t, language } = useText();
  const left = useCountdown(until, onRetry);
  return (
    <StateLayout step="locked" hospital={hospital} called={false}>
      {until !== null && left !== null && (
        <div className="card locked-wait">
          <p className="quiet small">{t("locked.left")}</p>
          <p className="locked-left">{formatWait(left)}</p>
          <p className="quiet">{t("locked.at", { time: formatTime(until, language, hospital?.time_zone) })}</p>
        </div>
      )}
    </StateLayout>
  );
}

const AGAIN_MS = 5_000;

/** ms left until `until` by the cloud's clock, or null when it is not known; asks again when the time is up, or the page is seen after it. */
function useCountdown(until: string | null, onOver: () => Promise<void>): number | null {
  const end = until === null ? Number.NaN : Date.parse(until);
  const [now, setNow] = useState(() => patientApi.now());
  useEffect(() => {
    if (Number.isNaN(end)) return;
    const timer = window.setInterval(() => setNow(patientApi.now()), 500);
    return () => window.clearInterval(timer);
  }, [end]);
  const over = !Number.isNaN(end) && now >= end;
  useEffect(() => {
    if (!over) return;
    if (document.visibilityState === "visible") void onOver();
    return askWhileSeen(() => void onOver(), AGAIN_MS);
  }, [over, onOver]);
  return Number.isNaN(end) ? null : Math.max(end - now, 0);
}

/** While the link is being checked: the shape of the page to come. */
export function CheckingPage({ hospital }: { hospital: Hospital | null }) {
  const { t } = useText();
  return (
    <Shell title="title.start" name={hospital?.name}>
      <div className="stack stack-wide" role="status">
        <span className="hidden">{t("loading")}</span>
        <div className="skeleton checking-title" />
        <div className="skeleton checking-field" />
        <div className="skeleton checking-button" />
      </div>
    </Shell>
  );
}

