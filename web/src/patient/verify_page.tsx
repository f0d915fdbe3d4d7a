import { CircleAlert, ShieldCheck, WifiOff } from "lucide-react";
import { useId, useState, type FormEvent } from "react";

import type { VerifyMode } from "../api/types";
import { Button, Icon, Note } from "../look/parts";
import type { Entry } from "../state/entry";
import { useText, type Translate } from "../text";
import { Contact } from "./contact";
import { Digits } from "./digits";
import { Heading, Shell } from "./shell";

const LENGTH: Record<VerifyMode, number> = { phone_tail: 4, code: 6 };

interface VerifyPageProps {
  entry: Extract<Entry, { step: "verify" }>;
  onVerify: (mode: VerifyMode, answer: string) => Promise<void>;
}

export function VerifyPage({ entry, onVerify }: VerifyPageProps) {
  const { t } = useText();
  const explanation = useId();
  const [chosen, choose] = useState<VerifyMode | null>(null);
  const [answer, setAnswer] = useState("");
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
    if (complete && !entry.sending) void onVerify(mode, answer);
  }

  return (
    <Shell title="title.verify" name={entry.hospital.name}>
      <form className="stack stack-wide" onSubmit={submit} noValidate>
        <div className="stack">
          <Heading>{t("verify.title")}</Heading>
          <div id={explanation} className="stack stack-close">
            <p className="verify-ask">{t(mode === "code" ? "verify.code" : "verify.phoneTail")}</p>
            <p className="quiet small">{t(mode === "code" ? "verify.codeMore" : "verify.phoneTailMore")}</p>
          </div>
          <Digits
            key={mode}
            length={LENGTH[mode]}
            value={answer}
            onChange={setAnswer}
            label={t(mode === "code" ? "verify.code" : "verify.phoneTail")}
            describedBy={explanation}
            invalid={entry.problem === "wrong" && answer === ""}
            autoComplete={mode === "code" ? "one-time-code" : "off"}
          />
        </div>
        <ProblemNote entry={entry} t={t} />
        <div className="stack">
          <Button type="submit" resting={!complete || entry.sending}>
            {t(entry.sending ? "verify.sending" : "verify.submit")}
          </Button>
          {others.map((other) => (
            <Button
              key={other}
              weight="quiet"
              onClick={() => {
                choose(other);
                setAnswer("");
              }}
            >
              {t(other === "code" ? "verify.useCode" : "verify.usePhoneTail")}
            </Button>
          ))}
        </div>
        <p className="badge badge-good">
          <Icon of={ShieldCheck} />
          {t("verify.why")}
        </p>
        <hr className="rule" />
        <Contact hospital={entry.hospital} />
      </form>
    </Shell>
  );
}

function ProblemNote({ entry, t }: { entry: VerifyPageProps["entry"]; t: Translate }) {
  if (entry.problem === null) return null;
  if (entry.problem === "wrong") {
    return (
      <Note icon={CircleAlert} tone="stop" role="alert">
        <p>{entry.triesLeft === 1 ? t("verify.lastTry") : t("verify.wrong", { n: entry.triesLeft })}</p>
      </Note>
    );
  }
  return (
    <Note icon={entry.problem === "offline" ? WifiOff : CircleAlert} tone="warn" role="alert">
      <p>{t(entry.problem === "offline" ? "verify.offline" : "verify.failed")}</p>
    </Note>
  );
}
