import { lazy, Suspense, useState, useSyncExternalStore } from "react";

import { Landing } from "./patient/landing";
import { PatientApp } from "./patient/patient_app";
import { tokenIn } from "./state/link_token";
import { currentFragment, watchFragment } from "./state/location";
import { TextProvider } from "./text";

const Staff = lazy(() => import("./staff")); // nothing of it is fetched on a patient's phone

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
  if (linked && !entered) enter(true);
  return entered ? <PatientApp /> : <Landing />;
}
