import { CircleAlert, ShieldCheck, WifiOff, type LucideIcon } from "lucide-react";
import { useId, useState, type FormEvent } from "react";

import type { VerifyMode } from "../api/types";
import { Button, Icon } from "../look/parts";
import type { Entry } from "../state/entry";
import { useText } from "../text";
import { Contact } from "./contact";
import { Digits } from "./digits";
import { Heading, Shell } from "./shell";

const LENGTH: Record<VerifyMode, number> = { phone_tail: 4, code: 6, id_tail: 4 };
const QUESTION = { phone_tail: "phoneTail", code: "code", id_tail: "idTail" } as const;
const INSTEAD = { phone_tail: "usePhoneTail", code: "useCode", id_tail: "useIdTail" } as const;

interface VerifyPageProps {
  entry: Extract<Entry, { step: "verify" }>;
  onVerify: (mode: VerifyMode, answer: string) => Promise<void>;
}

export function VerifyPage({ entry, onVerify }: VerifyPageProps) {
  const { t } = useText();
  const explanation = useId();
  const [chosen, choose] = useState<VerifyMode | null>(null);
  const [answer, setAnswer] = useState("");
  const [hurried, setHurried] = useState(false);
  const [answered, setAnswered] = useState<Entry | null>(null);
  const mode = chosen ?? entry.modes[0] ?? "phone_tail";
  const others = entry.modes.filter((other) => other !== mode);
  const complete = answer.length === LENGTH[mode];

  // A wrong answer is taken away once, as it comes back; what is typed after that stays.
  if (entry.problem === "wrong" && answered !== entry) {
    setAnswered(entry);
    setAnswer("");
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (entry.sending) return;
    setHurried(!complete);
    if (complete) void onVerify(mode, answer);
  }

  const question = QUESTION[mode];
  return (
    <Shell title="title.verify" name={entry.hospital.name}>
      <form className="stack stack-wide" onSubmit={submit} noValidate>
        <Heading>{t("verify.title")}</Heading>
        <div className="card stack">
          <div id={explanation} className="stack stack-close">
            <p className="verify-ask">{t(`verify.${question}`)}</p>
            <p className="quiet small">{t(`verify.${question}More`)}</p>
          </div>
          <Digits
            key={mode}
            length={LENGTH[mode]}
            value={answer}
            onChange={(digits) => {
              setAnswer(digits);
              setHurried(false);
            }}
            label={t(`verify.${question}`)}
            describedBy={explanation}
            invalid={entry.problem === "wrong" && answer === ""}
            autoComplete={mode === "code" ? "one-time-code" : "off"}
            mayBeX={mode === "id_tail"}
          />
          <Below entry={entry} missing={hurried ? LENGTH[mode] : null} />
          <Button type="submit" aria-busy={entry.sending}>
            {t(entry.sending ? "verify.sending" : "verify.submit")}
          </Button>
          {others.map((other) => (
            <Button
              key={other}
              weight="quiet"
              onClick={() => {
                choose(other);
                setAnswer("");
                setHurried(false);
              }}
            >
              {t(`verify.${INSTEAD[other]}`)}
            </Button>
          ))}
        </div>
        <Contact hospital={entry.hospital} />
      </form>
    </Shell>
  );
}

/** The line below the boxes: why we ask, or what was wrong. It keeps its height, so that the button stays under the thumb. */
function Below({ entry, missing }: { entry: VerifyPageProps["entry"]; missing: number | null }) {
  const { t } = useText();
  const words = {
    wrong: entry.triesLeft === 1 ? t("verify.lastTry") : t("verify.wrong", { n: entry.triesLeft }),
    offline: t("verify.offline"),
    failed: t("verify.failed"),
  };
  if (missing !== null) return <Line tone="warn" icon={CircleAlert} words={t("verify.missing", { n: missing })} />;
  if (entry.problem === null) return <Line tone="good" icon={ShieldCheck} words={t("verify.why")} />;
  const tone = entry.problem === "wrong" ? "stop" : "warn";
  return <Line tone={tone} icon={entry.problem === "offline" ? WifiOff : CircleAlert} words={words[entry.problem]} />;
}

function Line({ tone, icon, words }: { tone: "good" | "warn" | "stop"; icon: LucideIcon; words: string }) {
  return (
    <p className={`verify-below badge badge-${tone}`} role={tone === "good" ? undefined : "alert"}>
      <Icon of={icon} />
      <span>{words}</span>
    </p>
  );
}
