import { CircleAlert, Clock, ShieldCheck, WifiOff } from "lucide-react";
import { useId, useState, type FormEvent } from "react";

import { Button, Icon } from "../look/parts";
import type { Entry } from "../state/entry";
import { useText } from "../text";
import { formatDateTime } from "../text/format";
import { Digits } from "./digits";
import { Heading, Shell } from "./shell";

const LENGTH = 6;

interface GuestDoorProps {
  entry: Extract<Entry, { step: "guest" }>;
  onEnter: (code: string | null) => Promise<void>;
}

/** What was shared, by whom and until when; its pass code, where it has one. Only the button opens it: a look here uses nothing. */
export function GuestDoor({ entry, onEnter }: GuestDoorProps) {
  const { t, language } = useText();
  const explanation = useId();
  const [code, setCode] = useState("");
  const [hurried, setHurried] = useState(false);
  const [answered, setAnswered] = useState<Entry | null>(null);

  if (entry.problem === "wrong" && answered !== entry) {
    setAnswered(entry);
    setCode("");
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (entry.sending) return;
    const missing = entry.code && code.length !== LENGTH;
    setHurried(missing);
    if (!missing) void onEnter(entry.code ? code : null);
  }

  return (
    <Shell title="title.share" name={entry.hospital.name}>
      <form className="stack stack-wide" onSubmit={submit} noValidate>
        <div className="stack stack-close">
          <Heading>{entry.name === "" ? t("shared.titleAnonymous") : t("shared.title", { name: entry.name })}</Heading>
          <p className="badge">
            <Icon of={Clock} />
            <span>{t("shared.until", { time: formatDateTime(entry.until, language, entry.hospital.time_zone) })}</span>
          </p>
        </div>
        <div className="card stack">
          {entry.code && (
            <>
              <div id={explanation} className="stack stack-close">
                <p className="verify-ask">{t("shared.code")}</p>
                <p className="quiet small">{t("shared.codeMore")}</p>
              </div>
              <Digits
                length={LENGTH}
                value={code}
                onChange={(digits) => {
                  setCode(digits);
                  setHurried(false);
                }}
                label={t("shared.code")}
                describedBy={explanation}
                invalid={entry.problem === "wrong" && code === ""}
                autoComplete="off"
              />
            </>
          )}
          <Below entry={entry} hurried={hurried} />
          <Button type="submit" aria-busy={entry.sending}>
            {t(entry.sending ? "verify.sending" : "verify.submit")}
          </Button>
        </div>
        <p className="quiet small">{t("shared.private")}</p>
      </form>
    </Shell>
  );
}

function Below({ entry, hurried }: { entry: GuestDoorProps["entry"]; hurried: boolean }) {
  const { t } = useText();
  const wrong = entry.triesLeft === 1 ? t("verify.lastTry") : t("verify.wrong", { n: entry.triesLeft });
  const words = { wrong, offline: t("verify.offline"), failed: t("verify.failed") };
  const problem = hurried ? t("verify.missing", { n: LENGTH }) : entry.problem && words[entry.problem];
  if (problem === null) {
    return (
      <p className="verify-below badge badge-good">
        <Icon of={ShieldCheck} />
        <span>{t("shared.safe")}</span>
      </p>
    );
  }
  return (
    <p className={`verify-below badge badge-${entry.problem === "wrong" && !hurried ? "stop" : "warn"}`} role="alert">
      <Icon of={entry.problem === "offline" && !hurried ? WifiOff : CircleAlert} />
      <span>{problem}</span>
    </p>
  );
}
