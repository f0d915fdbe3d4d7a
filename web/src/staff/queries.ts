/** How the pages ask the cloud. */

import { QueryClient } from "@tanstack/react-query";

import { Refused } from "../api/errors";

const RETRIES = 2;

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
