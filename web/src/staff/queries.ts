/** How the pages ask the cloud, and how they learn that the session is over. */

import { QueryClient } from "@tanstack/react-query";

import { Refused } from "../api/errors";

const RETRIES = 2;

export function endsSession(error: unknown): boolean {
  return error instanceof Refused && error.code === "session_missing";
}

export function createStaffQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: "always",
        staleTime: 5_000,
        retry: (failures, error) => failures < RETRIES && !(error instanceof Refused && !error.retry),
      },
      mutations: { networkMode: "always" },
    },
  });
}

/** Tells of the first answer, to whatever was asked, that says that nobody is signed in. */
export function watchSession(client: QueryClient, ended: () => void): () => void {
  const stops = [client.getQueryCache(), client.getMutationCache()].map((cache) =>
    cache.subscribe((event) => {
      if (event.type === "updated" && event.action.type === "error" && endsSession(event.action.error)) ended();
    }),
  );
  return () => stops.forEach((stop) => stop());
}
