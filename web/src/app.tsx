import { lazy, Suspense } from "react";

export const Viewer = lazy(() => import("./viewer/index").then((m) => ({ default: m.Viewer })));

export function App() {
  return <Suspense fallback={null}>{null}</Suspense>;
}
