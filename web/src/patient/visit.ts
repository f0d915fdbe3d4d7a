/** One visit: checks the link or the session, and carries every answer into the entry machine. */

import { useCallback, useEffect, useReducer, useRef } from "react";

import { isUnderWay, RequestFailed } from "../api/errors";
import { patientApi } from "../api/patient";
import { isGuest } from "../api/request";
import type { PatientExam, VerifyMode } from "../api/types";
import { nextEntry, START, type Entry } from "../state/entry";
import { tokenIn } from "../state/link_token";
import { clearFragment, currentFragment, watchFragment } from "../state/location";
import { askWhileSeen } from "../state/while_seen";
import { forgetImages } from "./forget";

/** Steps that end by themselves, and how long until it is worth asking. */
const RETRY_MS: Partial<Record<Entry["step"], number>> = { offline: 5_000, waiting: 30_000, rebuilding: 60_000 };

export interface Visit {
  entry: Entry;
  /** Ask again where we stand; the page stays as it is until the answer is there. */
  check: () => Promise<void>;
  verify: (mode: VerifyMode, answer: string) => Promise<void>;
  /** Into a share; `code`: its pass code, where it has one. */
  enter: (code: string | null) => Promise<void>;
  signOut: () => Promise<void>;
  /** A request inside the exam said that the visit is over. */
  ended: (error: RequestFailed) => void;
}

/** `onExam`: the exam that showed that the session lives, so that it need not be asked for twice. */
export function useVisit(onExam: (exam: PatientExam) => void): Visit {
  const [entry, dispatch] = useReducer(nextEntry, START);
  // In memory only: lost with the page, as it should be.
  const token = useRef<string | null>(null);

  const check = useCallback(async () => {
    try {
      if (token.current && isGuest) {
        dispatch({ type: "share_opened", share: await patientApi.openShare(token.current) });
      } else if (token.current) {
        dispatch({ type: "link_opened", link: await patientApi.openLink(token.current) });
      } else {
        onExam(await patientApi.exam());
        dispatch({ type: "session_found" });
      }
    } catch (error) {
      if (token.current === null && isUnderWay(error)) dispatch({ type: "session_found" });
      else dispatch({ type: "refused", error: asRequestFailed(error) });
    }
  }, [onExam]);

  const begin = useCallback(() => {
    const found = tokenIn(currentFragment());
    if (found === "") {
      dispatch({ type: "link_cut" });
      return;
    }
    if (found !== null) token.current = found;
    dispatch({ type: "retried" });
    void check();
  }, [check]);

  useEffect(() => {
    begin();
    // The link tapped a second time while this page is open changes nothing but the fragment.
    return watchFragment(() => {
      if (tokenIn(currentFragment()) !== null) begin();
    });
  }, [begin]);

  const open = useCallback(async (start: (token: string) => Promise<unknown>) => {
    if (token.current === null) return;
    dispatch({ type: "answer_sent" });
    try {
      await start(token.current);
      clearFragment();
      dispatch({ type: "session_made" });
    } catch (error) {
      dispatch({ type: "refused", error: asRequestFailed(error) });
    }
  }, []);
  const verify = useCallback((mode: VerifyMode, answer: string) => open((given) => patientApi.startSession(given, mode, answer)), [open]);
  const enter = useCallback((code: string | null) => open((given) => patientApi.startGuest(given, code)), [open]);

  const signOut = useCallback(async () => {
    // First the images: the page must not say that nothing is left while something is.
    await forgetImages();
    try {
      await patientApi.endSession();
    } catch (error) {
      const failed = asRequestFailed(error);
      // A session that is gone already is what was asked for; anything else would leave the exam open on this device.
      if (!("code" in failed && failed.code === "session_missing")) throw failed;
    }
    token.current = null;
    clearFragment();
    dispatch({ type: "signed_out" });
  }, []);

  const ended = useCallback(
    (error: RequestFailed) => {
      if (token.current) void check();
      else dispatch({ type: "refused", error });
    },
    [check],
  );

  useRetries(entry.step, check);
  return { entry, check, verify, enter, signOut, ended };
}

function useRetries(step: Entry["step"], check: () => Promise<void>): void {
  useEffect(() => {
    const pause = RETRY_MS[step];
    if (pause === undefined) return;
    return askWhileSeen(() => void check(), pause);
  }, [step, check]);
}

function asRequestFailed(error: unknown): RequestFailed {
  if (error instanceof RequestFailed) return error;
  throw error;
}
