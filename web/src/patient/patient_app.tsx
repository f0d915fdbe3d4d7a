import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";

import { isUnderWay, type RequestFailed } from "../api/errors";
import type { PatientExam } from "../api/types";
import { parseRoute, type Route } from "../routes";
import type { Entry } from "../state/entry";
import { currentFragment, watchFragment } from "../state/location";
import { useText } from "../text";
import { examName } from "./exam_name";
import { ExamPage } from "./exam_page";
import { ExamSkeleton } from "./exam_skeleton";
import { FilmPage } from "./film_page";
import { GuestDoor } from "./guest_door";
import { forgetImages } from "./forget";
import { ImagesPage, SeriesPage } from "./images_page";
import { createQueryClient, endsVisit, EXAM_KEY, needsConsent, useExam, useProgress, watchEnding } from "./queries";
import { ReportPage } from "./report_page";
import { CheckingPage, StatePage } from "./state_pages";
import { VerifyPage } from "./verify_page";
import { fetchViewer } from "./viewer_code";
import { useVisit } from "./visit";

/** Wanted by few visits: their code comes when they are opened. */
const ProgressPage = lazy(() => import("./progress_page").then(({ ProgressPage }) => ({ default: ProgressPage })));
const AgreementPage = lazy(() => import("./agreement_page").then(({ AgreementPage }) => ({ default: AgreementPage })));
const SharePage = lazy(() => import("./share_page").then(({ SharePage }) => ({ default: SharePage })));

/** Where the hospital or time took back the link or the exam. */
const OVER = new Set<Entry["step"]>(["revoked", "expired", "usedUp", "removed"]);

/** From the link to the exam; what is shown follows the entry machine, and inside the exam the route. */
export function PatientApp() {
  const [client] = useState(createQueryClient);
  const keepExam = useCallback((exam: PatientExam) => client.setQueryData(EXAM_KEY, exam), [client]);
  const { entry, check, verify, enter, signOut, ended } = useVisit(keepExam);
  useEffect(() => watchEnding(client, ended), [client, ended]);

  // A reload on an image should not wait for the exam before it fetches the viewer.
  useEffect(() => {
    if (parseRoute(currentFragment()).page === "series") fetchViewer().catch(() => undefined);
  }, []);

  // An exam must not be found in memory after its visit is over, nor by the next link.
  const { step } = entry;
  useEffect(() => {
    if (step !== "open" && step !== "checking") client.clear();
    // Signing out has removed the images already; here others did, or time.
    if (OVER.has(step)) forgetImages().catch(() => undefined);
  }, [step, client]);

  switch (step) {
    case "checking":
      return <CheckingPage hospital={entry.hospital} />;
    case "verify":
      return <VerifyPage entry={entry} onVerify={verify} />;
    case "guest":
      return <GuestDoor entry={entry} onEnter={enter} />;
    case "open":
      return (
        <QueryClientProvider client={client}>
          <OpenExam onSignOut={signOut} />
        </QueryClientProvider>
      );
    default:
      return <StatePage key={step} entry={entry} onRetry={check} />;
  }
}

function OpenExam({ onSignOut }: { onSignOut: () => Promise<void> }) {
  const fragment = useSyncExternalStore(watchFragment, currentFragment);
  const exam = useExam();
  const { t } = useText();
  const shown = useMemo(() => exam.data && { ...exam.data, item: examName(exam.data, t) }, [exam.data, t]);
  if (needsConsent(exam.error)) {
    return (
      <Suspense fallback={<ExamSkeleton />}>
        <AgreementPage onAgreed={exam.refetch} onSignOut={onSignOut} />
      </Suspense>
    );
  }
  if (!exam.data && isUnderWay(exam.error)) return <ExamUnderWay onReady={exam.refetch} onSignOut={onSignOut} />;
  if (!shown) {
    return exam.isError && !endsVisit(exam.error) ? <Unopened error={exam.error} onRetry={() => exam.refetch()} /> : <ExamSkeleton />;
  }
  const route = shownRoute(shown, parseRoute(fragment));
  switch (route.page) {
    case "agreement":
      return (
        <Suspense fallback={<ExamSkeleton />}>
          <AgreementPage />
        </Suspense>
      );
    case "exam":
      return <ExamPage exam={shown} onSignOut={onSignOut} />;
    case "report":
      return <ReportPage exam={shown} />;
    case "film":
      return <FilmPage exam={shown} />;
    case "images":
      return <ImagesPage exam={shown} />;
    case "share":
      return (
        <Suspense fallback={<ExamSkeleton />}>
          <SharePage exam={shown} />
        </Suspense>
      );
    case "series":
      return <SeriesPage exam={shown} series={route.series} />;
  }
}

function ExamUnderWay({ onReady, onSignOut }: { onReady: () => Promise<unknown>; onSignOut: () => Promise<void> }) {
  const progress = useProgress();
  return (
    <Suspense fallback={<ExamSkeleton />}>
      {needsConsent(progress.error) ? (
        <AgreementPage onAgreed={progress.refetch} onSignOut={onSignOut} />
      ) : (
        <ProgressPage onReady={onReady} onSignOut={onSignOut} />
      )}
    </Suspense>
  );
}

/** The exam instead of a page that the hospital does not show, or a share does not give. */
function shownRoute(exam: PatientExam, route: Route): Route {
  const { shows } = exam;
  const page = route.page === "series" ? "images" : route.page === "share" ? "sharing" : route.page;
  return shows && (page === "report" || page === "film" || page === "images" || page === "sharing") && !shows[page] ? { page: "exam" } : route;
}

function Unopened({ error, onRetry }: { error: RequestFailed; onRetry: () => Promise<unknown> }) {
  const requestId = "requestId" in error && typeof error.requestId === "string" ? error.requestId : null;
  const offline = !("status" in error);
  return (
    <StatePage
      entry={offline ? { step: "offline", hospital: null } : { step: "failed", hospital: null, requestId }}
      onRetry={async () => {
        await onRetry();
      }}
    />
  );
}
