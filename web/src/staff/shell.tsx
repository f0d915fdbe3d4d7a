import { App } from "antd";
import { BellRing, Ellipsis, FileWarning, Inbox, KeyRound, LogOut, Receipt, ScanLine, Server, Tags, X } from "lucide-react";
import { useRef, type ReactNode } from "react";

import { Icon } from "../look/parts";
import { useStaffText } from "../text/staff";
import { LanguageSwitch, Mark } from "./entrance";
import { NARROW, useMedia } from "./media";
import { wordsOf } from "./problem";
import { formatStaffRoute, NEEDS, PAGES, type PageName } from "./routes";
import { useSession } from "./session";

const ICONS = { studies: ScanLine, alarms: BellRing, agents: Server, quarantine: FileWarning, queues: Inbox, bills: Receipt, prices: Tags, password: KeyRound };
/** As many as a thumb tells apart; the rest is behind "more". */
const BAR = 4;

export function Shell({ current, children }: { current: PageName; children: ReactNode }) {
  const { t } = useStaffText();
  const narrow = useMedia(NARROW);
  return (
    <div className="desk">
      <a className="desk-skip" href="#content" onClick={skip}>
        {t("nav.skip")}
      </a>
      {narrow ? <Bar current={current} /> : <Side current={current} />}
      <main id="content" className="desk-content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

/** The address says which page is open: it does not change. */
function skip(event: React.MouseEvent) {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function usePages(): PageName[] {
  const { may } = useSession();
  return PAGES.filter((page) => page !== "password" && may(NEEDS[page]));
}

function Side({ current }: { current: PageName }) {
  const { t } = useStaffText();
  const { session } = useSession();
  return (
    <aside className="side">
      <Mark />
      <p className="side-hospital small">{session.hospital.name}</p>
      <nav aria-label={t("nav.label")}>
        <ul>
          {usePages().map((page) => (
            <li key={page}>
              <Place page={page} current={current} />
            </li>
          ))}
        </ul>
      </nav>
      <Own current={current} />
    </aside>
  );
}

function Place({ page, current, onPick }: { page: PageName; current: PageName; onPick?: () => void }) {
  const { t } = useStaffText();
  return (
    <a className="place" href={formatStaffRoute({ page })} aria-current={page === current ? "page" : undefined} onClick={onPick}>
      <Icon of={ICONS[page]} />
      <span>{t(`nav.${page}`)}</span>
    </a>
  );
}

/** What is the reader's own: name, language, password, the way out. */
function Own({ current, onPick }: { current: PageName; onPick?: () => void }) {
  const { t, language } = useStaffText();
  const { session, signOut } = useSession();
  const { message } = App.useApp();
  return (
    <div className="own">
      <p className="own-name">
        {session.name}
        <span className="quiet small">{session.roles.map((role) => t(`role.${role}`)).join(" · ")}</span>
      </p>
      <Place page="password" current={current} {...(onPick && { onPick })} />
      <button
        type="button"
        className="place"
        onClick={() => void signOut().catch((error: unknown) => void message.error(wordsOf(error, t, language)))}
      >
        <Icon of={LogOut} />
        <span>{t("nav.signOut")}</span>
      </button>
      <LanguageSwitch />
    </div>
  );
}

/** On a phone: the title above, the places at the thumb, all else in a sheet. */
function Bar({ current }: { current: PageName }) {
  const { t } = useStaffText();
  const { session } = useSession();
  const pages = usePages();
  const sheet = useRef<HTMLDialogElement>(null);
  const close = () => sheet.current?.close();
  const behind = pages.slice(BAR);
  return (
    <>
      <header className="phone-top">
        <Mark />
        <span className="small quiet">{session.hospital.name}</span>
      </header>
      <nav className="bar" aria-label={t("nav.label")}>
        {pages.slice(0, BAR).map((page) => (
          <Place key={page} page={page} current={current} />
        ))}
        <button
          type="button"
          className="place"
          aria-haspopup="dialog"
          data-current={behind.includes(current) || current === "password" || undefined}
          onClick={() => sheet.current?.showModal()}
        >
          <Icon of={Ellipsis} />
          <span>{t("nav.more")}</span>
        </button>
      </nav>
      <dialog ref={sheet} className="more-sheet" aria-label={t("nav.more")} onClick={(event) => event.target === sheet.current && close()}>
        <div className="more-sheet-body">
          <button type="button" className="place" onClick={close}>
            <Icon of={X} />
            <span>{t("close")}</span>
          </button>
          {behind.map((page) => (
            <Place key={page} page={page} current={current} onPick={close} />
          ))}
          <Own current={current} onPick={close} />
        </div>
      </dialog>
    </>
  );
}
