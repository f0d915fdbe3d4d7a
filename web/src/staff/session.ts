/** Who is signed in, for every page below. */

import { createContext, useContext } from "react";

import type { StaffRight, StaffSession } from "../api/staff_types";

export interface SignedIn {
  session: StaffSession;
  may: (right: StaffRight) => boolean;
  signOut: () => Promise<void>;
}

export const SessionContext = createContext<SignedIn | null>(null);

export function useSession(): SignedIn {
  const signedIn = useContext(SessionContext);
  if (signedIn === null) throw new Error("useSession outside of a session");
  return signedIn;
}

const KEY = "lightbox.hospital";

/** The hospital's code is no secret and nobody's own: the desk remembers it. "" where storage is blocked. */
export function keptHospital(): string {
  try {
    return window.localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

export function keepHospital(code: string): void {
  try {
    window.localStorage.setItem(KEY, code);
  } catch {
    // Then it is typed again.
  }
}
