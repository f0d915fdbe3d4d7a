import { QueryClientProvider } from "@tanstack/react-query";
import { App, ConfigProvider, Skeleton } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { Refused } from "../api/errors";
import { endsSession, staffApi } from "../api/staff";
import type { StaffSession } from "../api/staff_types";
import { useTitle } from "../text";
import { useStaffText } from "../text/staff";
import { watchActivity } from "./activity";
import { NARROW, STILL, TOUCH, useMedia } from "./media";
import { Pages } from "./pages";
import { PasswordForm } from "./password_form";
import { Problem } from "./problem";
import { createStaffQueryClient } from "./queries";
import { SessionContext, type SignedIn } from "./session";
import { Entrance } from "./entrance";
import { SignIn } from "./sign_in";
import { staffTheme } from "./theme";

/** The staff's pages: theme, locale, and who is signed in. */
export function StaffApp() {
  const { language, t } = useStaffText();
  const touch = useMedia(TOUCH);
  const still = useMedia(STILL);
  const theme = useMemo(() => staffTheme(touch, still), [touch, still]);
  // Not document.body: there Ant Design would lock scrolling and measure by sheets of its own.
  const [floats, setFloats] = useState<HTMLElement | null>(null);
  useTitle(t("product"));
  useEffect(() => void dayjs.locale(language === "zh-CN" ? "zh-cn" : "en"), [language]);
  useEffect(() => watchActivity(() => Date.now()), []);
  return (
    <ConfigProvider
      theme={theme}
      locale={language === "zh-CN" ? zhCN : enUS}
      wave={{ disabled: true }}
      button={{ autoInsertSpace: false }}
      getPopupContainer={() => floats ?? document.body}
    >
      <App component={false} message={{ getContainer: () => floats ?? document.body }} notification={{ getContainer: () => floats ?? document.body }}>
        <Sessions />
      </App>
      <div ref={setFloats} id="floats" />
    </ConfigProvider>
  );
}

type Standing = { state: "asking" } | { state: "out" } | { state: "first" } | { state: "failed"; error: unknown } | { state: "in"; session: StaffSession; ended: boolean };

function Sessions() {
  const [client] = useState(createStaffQueryClient);
  const [standing, setStanding] = useState<Standing>({ state: "asking" });

  const ask = useCallback(() => {
    staffApi.me().then(
      (session) => setStanding({ state: "in", session, ended: false }),
      (error: unknown) => setStanding(standingOf(error)),
    );
  }, []);
  useEffect(ask, [ask]);

  useEffect(
    () => staffApi.onSessionEnd(() => setStanding((now) => (now.state === "in" ? { ...now, ended: true } : now))),
    [],
  );

  const enter = useCallback(
    (session: StaffSession) => {
      setStanding((now) => {
        // Another person finds nothing of the one before; the same one goes on where they were.
        if (now.state === "in" && !isSame(now.session, session)) client.clear();
        else void client.invalidateQueries();
        return { state: "in", session, ended: false };
      });
    },
    [client],
  );

  const signOut = useCallback(async () => {
    try {
      await staffApi.signOut();
    } catch (error) {
      if (!endsSession(error)) throw error;
    }
    client.clear();
    window.history.replaceState(null, "", window.location.pathname);
    setStanding({ state: "out" });
  }, [client]);

  const session = standing.state === "in" ? standing.session : null;
  const signedIn = useMemo<SignedIn | null>(
    () => session && { session, signOut, may: (right) => session.rights.includes(right) },
    [session, signOut],
  );

  if (standing.state === "asking") return <Asking />;
  if (standing.state === "failed")
    return (
      <Entrance>
        <Problem error={standing.error} again={ask} />
      </Entrance>
    );
  if (standing.state === "first" || (standing.state === "in" && standing.session.must_change && !standing.ended))
    return (
      <Entrance>
        <PasswordForm first onDone={enter} />
      </Entrance>
    );
  if (signedIn === null) return <SignIn onIn={enter} />;
  const ended = standing.state === "in" && standing.ended;
  return (
    <QueryClientProvider client={client}>
      <SessionContext value={signedIn}>
        {/* What was typed stays where it is while the session is made anew. */}
        <div key={keyOf(signedIn.session)} inert={ended}>
          <Pages />
        </div>
      </SessionContext>
      {ended && <SignInAgain onIn={enter} />}
    </QueryClientProvider>
  );
}

function standingOf(error: unknown): Standing {
  if (endsSession(error)) return { state: "out" };
  return error instanceof Refused && error.code === "password_must_change" ? { state: "first" } : { state: "failed", error };
}

/** Over everything: a dialog that was open stays open below it. */
function SignInAgain({ onIn }: { onIn: (session: StaffSession) => void }) {
  const { t } = useStaffText();
  const over = useRef<HTMLDialogElement>(null);
  useEffect(() => over.current?.showModal(), []);
  return (
    <dialog ref={over} className="again" aria-label={t("signIn.title")} onCancel={(event) => event.preventDefault()}>
      <SignIn again onIn={onIn} />
    </dialog>
  );
}

function keyOf(session: StaffSession): string {
  return [session.hospital.tenant, session.account, ...session.rights].join("\n");
}

function isSame(one: StaffSession, other: StaffSession): boolean {
  return keyOf(one) === keyOf(other);
}

function Asking() {
  const narrow = useMedia(NARROW);
  return (
    <div className="desk-asking" aria-busy="true">
      <Skeleton active={false} paragraph={{ rows: narrow ? 6 : 10 }} />
    </div>
  );
}
