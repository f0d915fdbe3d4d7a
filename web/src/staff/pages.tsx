import { Button, Skeleton } from "antd";
import { Component, lazy, Suspense, useEffect, useSyncExternalStore, type ComponentType, type ReactNode } from "react";

import { currentFragment, replaceFragment, watchFragment } from "../state/location";
import { useStaffText } from "../text/staff";
import { Page } from "./page";
import { formatStaffRoute, NEEDS, PAGES as ALL_PAGES, parseStaffRoute, type PageName, type StaffRoute } from "./routes";
import { useSession } from "./session";
import { Shell } from "./shell";

const PAGES: Record<PageName, ComponentType> = {
  studies: lazy(() => import("./studies/studies_page")),
  alarms: lazy(() => import("./operator/alarms_page")),
  agents: lazy(() => import("./operator/agents_page")),
  quarantine: lazy(() => import("./operator/quarantine_page")),
  queues: lazy(() => import("./operator/queues_page")),
  bills: lazy(() => import("./finance/bills_page")),
  prices: lazy(() => import("./finance/prices_page")),
  password: lazy(() => import("./password_page")),
};
const ExamPage = lazy(() => import("./exam/exam_page"));
const MonthPage = lazy(() => import("./finance/month_page"));

function pageOf(route: StaffRoute): PageName {
  if (route.page === "exam") return "studies";
  return route.page === "month" ? "bills" : route.page;
}

export function Pages() {
  const fragment = useSyncExternalStore(watchFragment, currentFragment);
  const { may } = useSession();
  const first = ALL_PAGES.find((page) => may(NEEDS[page])) ?? "password";
  const asked = parseStaffRoute(fragment);
  const allowed = asked !== null && may(asked.page === "exam" ? "studies.view" : NEEDS[pageOf(asked)]);
  const route: StaffRoute = asked !== null && allowed ? asked : { page: first };
  const address = formatStaffRoute(route);
  useEffect(() => {
    if (fragment !== address) replaceFragment(address);
  }, [fragment, address]);
  return (
    <Shell current={pageOf(route)}>
      <Unbroken key={address}>
        <Suspense fallback={<Skeleton className="desk-page" active={false} paragraph={{ rows: 8 }} />}>
          <Shown route={route} />
        </Suspense>
      </Unbroken>
    </Shell>
  );
}

function Shown({ route }: { route: StaffRoute }) {
  if (route.page === "exam") return <ExamPage exam={route.exam} series={route.series} />;
  if (route.page === "month") return <MonthPage month={route.month} />;
  const Chosen = PAGES[route.page];
  return <Chosen />;
}

/** A page's code may not come over a bad line; the others still work. */
class Unbroken extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const { t } = useStaffText();
  return (
    <Page title={t("broken.title")} lead={t("broken.more")}>
      <Button onClick={() => window.location.reload()}>{t("broken.reload")}</Button>
    </Page>
  );
}
