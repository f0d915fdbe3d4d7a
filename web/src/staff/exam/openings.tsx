import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "antd";

import { staffApi } from "../../api/staff";
import { useStaffText } from "../../text/staff";
import { Problem } from "../problem";
import { When } from "../when";

/** Who opened the exam: the patient, whoever they shared it with, staff. */
export function Openings({ exam }: { exam: string }) {
  const { t } = useStaffText();
  const openings = useQuery({ queryKey: ["exam", exam, "openings"], queryFn: () => staffApi.openings(exam) });
  const rows = openings.data?.openings;
  return (
    <section className="card" aria-label={t("openings.title")}>
      <h2>{t("openings.title")}</h2>
      {openings.isError && <Problem error={openings.error} again={() => void openings.refetch()} />}
      {openings.isLoading && <Skeleton active={false} title={false} paragraph={{ rows: 2 }} />}
      {rows?.length === 0 && <p className="quiet">{t("openings.none")}</p>}
      <ul className="lines small">
        {rows?.map(({ at, by, serial, account }, place) => (
          <li key={place}>
            <span>{t(`openings.by.${by}`, { account: account ?? "", n: serial ?? 0 })}</span>
            <When at={at} />
          </li>
        ))}
      </ul>
    </section>
  );
}
