import type { ReactNode } from "react";

import { LANGUAGES } from "../text/language";
import { useStaffText } from "../text/staff";

/** What stands before the pages: sign-in, the first change of a password. */
export function Entrance({ children }: { children: ReactNode }) {
  const { t } = useStaffText();
  return (
    <div className="entrance">
      <header className="entrance-top">
        <Mark />
        <LanguageSwitch />
      </header>
      <main className="entrance-card">{children}</main>
      <footer className="quiet small">{t("entrance.foot")}</footer>
    </div>
  );
}

export function Mark() {
  const { t } = useStaffText();
  return (
    <span className="mark">
      <img src="/icon.svg" alt="" width="28" height="28" />
      <span>{t("product")}</span>
    </span>
  );
}

export function LanguageSwitch() {
  const { t, language, setLanguage } = useStaffText();
  const other = LANGUAGES.find((one) => one !== language) ?? language;
  return (
    <button type="button" className="plain-button" lang={other} aria-label={t("language.label")} onClick={() => setLanguage(other)}>
      {t("language.switch")}
    </button>
  );
}
