import { LockKeyhole, QrCode, Rows3, ShieldCheck, type LucideIcon } from "lucide-react";

import { Icon } from "../look/parts";
import { useText } from "../text";
import { Heading, Shell } from "./shell";
import "./landing.css";

/** The address without a link: what this is, and how to get in. */
export function Landing() {
  const { t } = useText();
  return (
    <Shell title="title.start">
      <div className="landing stack stack-wide">
        <div className="stack">
          <Heading>{t("landing.title")}</Heading>
          <p>{t("landing.lead")}</p>
        </div>
        <section className="stack" aria-labelledby="how">
          <h2 id="how">{t("landing.how")}</h2>
          <ol className="card steps">
            <Step icon={QrCode} title={t("landing.enter")} more={t("landing.enterMore")} />
            <Step icon={ShieldCheck} title={t("landing.verify")} more={t("landing.verifyMore")} />
            <Step icon={Rows3} title={t("landing.view")} more={t("landing.viewMore")} />
          </ol>
        </section>
        <div className="stack quiet">
          <p className="landing-privacy">
            <Icon of={LockKeyhole} />
            <span>{t("landing.privacy")}</span>
          </p>
          <p>{t("landing.lost")}</p>
        </div>
      </div>
    </Shell>
  );
}

function Step({ icon, title, more }: { icon: LucideIcon; title: string; more: string }) {
  return (
    <li className="step">
      <span className="step-icon">
        <Icon of={icon} />
      </span>
      <p>
        <strong>{title}</strong>
        <br />
        <span className="quiet small">{more}</span>
      </p>
    </li>
  );
}
