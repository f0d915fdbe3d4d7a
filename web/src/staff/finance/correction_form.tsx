import { useQueryClient } from "@tanstack/react-query";
import { Form, Input, Radio } from "antd";

import { staffApi } from "../../api/staff";
import type { BillLine } from "../../api/staff_types";
import { useStaffText } from "../../text/staff";
import { ReasonForm } from "../reason_form";
import { asAmount, formatMoney, readMoney } from "./money";

/** A case is never changed: what was wrong is set right by an entry of its own. */
export function CorrectionForm({ month, line, onDone }: { month: string; line: BillLine; onDone: () => void }) {
  const { t } = useStaffText();
  const client = useQueryClient();

  async function send({ kind, amount, reason }: Record<string, string>) {
    const what = kind === "cancel" ? { cancel: true as const } : { amount: asAmount(readMoney(amount!, 2, true)!) };
    await staffApi.correctCase(month, { exam: line.exam, reason: reason!, ...what });
    await client.invalidateQueries({ queryKey: ["bills"] });
  }

  return (
    <ReasonForm
      lead={<p>{t("bills.correctLead", { number: line.accession_number || t("none"), amount: formatMoney(line.amount) })}</p>}
      go={t("bills.correctGo")}
      onSend={send}
      onDone={onDone}
    >
      <Form.Item name="kind" label={t("bills.correctKind")} initialValue="cancel">
        <Radio.Group
          options={[
            { value: "cancel", label: t("bills.cancelCase") },
            { value: "amount", label: t("bills.addAmount") },
          ]}
        />
      </Form.Item>
      <Form.Item noStyle dependencies={["kind"]}>
        {({ getFieldValue }) =>
          getFieldValue("kind") === "amount" && (
            <Form.Item
              name="amount"
              label={t("bills.amountLabel")}
              rules={[
                { validator: (_, value: string = "") => (readMoney(value, 2, true) === null ? Promise.reject(new Error(t("bills.amountWrong"))) : Promise.resolve()) },
              ]}
            >
              <Input inputMode="decimal" prefix="¥" maxLength={12} />
            </Form.Item>
          )
        }
      </Form.Item>
    </ReasonForm>
  );
}
