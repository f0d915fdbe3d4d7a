/** What stands around every patient page: where one is, back, language, sign out. */

import { ArrowLeft, LogOut, WifiOff } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from "react";

import { Icon, Note } from "../look/parts";
import { uncoverPage } from "../state/first_picture";
import { goBack } from "../state/location";
import { useText, useTitle, type TextKey } from "../text";
import "./shell.css";

interface ShellProps {
  title: TextKey;
  /** The hospital's name once it is known; the product's before. */
  name?: string | undefined;
  back?: boolean;
  onSignOut?: (() => Promise<void>) | undefined;
  wide?: boolean;
  children: ReactNode;
}

export function Shell({ title, name, back = false, onSignOut, wide = false, children }: ShellProps) {
  const { t } = useText();
  useTitle(t(title));
  return (
    <div className={wide ? "shell shell-wide" : "shell"}>
      <a className="skip" href="#content" onClick={skipToContent}>
        {t("skip")}
      </a>
      <header className="top">
        {back ? (
          <a className="top-button" href="#/" onClick={backFrom}>
            <Icon of={ArrowLeft} />
            <span>{t("back")}</span>
          </a>
        ) : (
          <p className="top-name">
            <img src="/icon.svg" alt="" width="28" height="28" />
            <span>{name ?? t("app")}</span>
          </p>
        )}
        <div className="top-end">
          <LanguageSwitch />
          {onSignOut && <SignOut onSignOut={onSignOut} />}
        </div>
      </header>
      <main id="content" className="page" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function backFrom(event: { preventDefault: () => void }) {
  event.preventDefault();
  goBack("#/");
}

/** A plain jump would change the fragment, which is where the page keeps its place. */
function skipToContent(event: { preventDefault: () => void }) {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function LanguageSwitch() {
  const { t, language, setLanguage } = useText();
  const other = language === "zh-CN" ? "en" : "zh-CN";
  return (
    <button type="button" className="top-button" lang={other} aria-label={t("language.label")} onClick={() => setLanguage(other)}>
      {t("language.switch")}
    </button>
  );
}

function SignOut({ onSignOut }: { onSignOut: () => Promise<void> }) {
  const { t } = useText();
  const [failed, setFailed] = useState(false);
  return (
    <>
      <button type="button" className="top-button" onClick={() => void onSignOut().catch(() => setFailed(true))}>
        <Icon of={LogOut} />
        <span>{t("signOut")}</span>
      </button>
      {failed && (
        <p className="top-failed" role="alert">
          {t("signOutFailed")}
        </p>
      )}
    </>
  );
}

/** A page's heading takes the focus when the page opens, so that a screen reader starts there. */
export function Heading({ children }: { children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    uncoverPage();
    window.scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

export function OfflineNote() {
  const { t } = useText();
  const online = useSyncExternalStore(watchOnline, () => navigator.onLine);
  if (online) return null;
  return (
    <Note icon={WifiOff} tone="warn" role="status">
      <p>{t("offline.banner")}</p>
    </Note>
  );
}

function watchOnline(changed: () => void): () => void {
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  return () => {
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", changed);
  };
}
