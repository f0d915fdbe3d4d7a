import { Phone } from "lucide-react";

import type { Hospital } from "../api/types";
import { ButtonLink } from "../look/parts";
import { useText } from "../text";

/** Whom to ask: the way out of every dead end. `main`: calling is what the page suggests. */
export function Contact({ hospital, main = false }: { hospital: Hospital | null; main?: boolean }) {
  const { t } = useText();
  if (hospital === null || hospital.phone === "") {
    return (
      <section className="stack stack-close" aria-label={t("contact.title")}>
        <h2 className="contact-title">{t("contact.title")}</h2>
        <p className="quiet small">{hospital ? `${hospital.name}: ` : ""}{t("contact.nobody")}</p>
      </section>
    );
  }
  return (
    <section className="stack" aria-label={t("contact.title")}>
      <div className="stack stack-close">
        {!main && <h2 className="contact-title">{t("contact.title")}</h2>}
        <p className={main ? "contact-name" : "quiet small"}>{hospital.name}</p>
        {hospital.hours !== "" && <p className="quiet small">{t("contact.hours", { hours: hospital.hours })}</p>}
      </div>
      <ButtonLink weight={main ? "main" : "second"} icon={Phone} href={`tel:${hospital.phone.replace(/[^\d+]/g, "")}`}>
        {t("contact.call", { phone: hospital.phone })}
      </ButtonLink>
    </section>
  );
}
