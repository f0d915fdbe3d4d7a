import { lazy, Suspense, useState, useSyncExternalStore } from "react";

import { Landing } from "./patient/landing";
import { PatientApp } from "./patient/patient_app";
import { tokenIn } from "./state/link_token";
import { currentFragment, watchFragment } from "./state/location";
import { TextProvider } from "./text";

const WechatPage = lazy(() => import("./patient/wechat_pages").then(({ WechatPage }) => ({ default: WechatPage })));
const Staff = lazy(() => import("./staff")); // nothing of it is fetched on a patient's phone

/** Where WeChat's callback leads to when it opens no exam by itself. */
const WECHAT = new Set(["#/wechat", "#/wechat/refused"]);

export function App() {
  return <TextProvider>{/^\/staff(\/|$)/.test(window.location.pathname) ? <Desk /> : <Pages />}</TextProvider>;
}

function Desk() {
  return (
    <Suspense fallback={null}>
      <Staff />
    </Suspense>
  );
}

function Pages() {
  // A link whose path was lost on the way still opens.
  const linked = useSyncExternalStore(watchFragment, () => tokenIn(currentFragment()) !== null);
  const [entered, enter] = useState(() => ["/e", "/s"].includes(window.location.pathname));
  const fragment = useSyncExternalStore(watchFragment, currentFragment);
  if (linked && !entered) enter(true);
  if (entered) return <PatientApp />;
  if (!WECHAT.has(fragment)) return <Landing />;
  return (
    <Suspense fallback={null}>
      <WechatPage refused={fragment === "#/wechat/refused"} />
    </Suspense>
  );
}
