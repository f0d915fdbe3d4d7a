import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input } from "antd";
import { useState } from "react";

import { staffApi } from "../../api/staff";
import type { StaffExam } from "../../api/staff_types";
import { useStaffText } from "../../text/staff";
import { Dialog, ReasonForm } from "../reason_form";
import { isIdCard, isPhone, plain } from "./identity";

/** Who is told and asked at the door: masked as it stands, corrected with a reason. */
export function Contact({ exam }: { exam: StaffExam }) {
  const { t } = useStaffText();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [open, setOpen] = useState(false);
  const { phone, id_card } = exam.patient;

  async function send({ phone: typedPhone = "", id_card: typedCard = "", reason }: Record<string, string>) {
    const words = { ...(plain(typedPhone) && { phone: plain(typedPhone) }), ...(plain(typedCard) && { id_card: plain(typedCard).toUpperCase() }) };
    const { corrected } = await staffApi.correctPatient(exam.exam, { ...words, reason: reason! });
    await client.invalidateQueries({ queryKey: ["exam", exam.exam] });
    if (corrected.length) void message.success(t("contact.done"));
    else void message.info(t("contact.same"), 8);
  }

  return (
    <section className="card" aria-label={t("contact.title")}>
      <div className="card-top">
        <h2>{t("contact.title")}</h2>
        <Button onClick={() => setOpen(true)}>{t("contact.correct")}</Button>
      </div>
      <dl className="card-lines small">
        <div>
          <dt>{t("contact.phone")}</dt>
          <dd>{phone || t("contact.unknown")}</dd>
        </div>
        <div>
          <dt>{t("contact.idCard")}</dt>
          <dd>{id_card || t("contact.unknown")}</dd>
        </div>
      </dl>
      <Dialog open={open} title={t("contact.correctTitle")} onClose={() => setOpen(false)}>
        <ReasonForm lead={<p>{t("contact.lead")}</p>} go={t("contact.go")} onSend={send} onDone={() => setOpen(false)}>
          <Form.Item
            name="phone"
            label={t("contact.newPhone")}
            extra={t("contact.now", { value: phone || t("contact.unknown") })}
            dependencies={["id_card"]}
            rules={[
              ({ getFieldValue }) => ({
                validator: (_, value: string = "") => {
                  if (plain(value) === "" && plain(getFieldValue("id_card") ?? "") === "") return Promise.reject(new Error(t("contact.needed")));
                  return plain(value) === "" || isPhone(value) ? Promise.resolve() : Promise.reject(new Error(t("contact.phoneWrong")));
                },
              }),
            ]}
          >
            <Input inputMode="tel" autoComplete="off" maxLength={20} />
          </Form.Item>
          <Form.Item
            name="id_card"
            label={t("contact.newIdCard")}
            extra={t("contact.now", { value: id_card || t("contact.unknown") })}
            rules={[{ validator: (_, value: string = "") => (plain(value) === "" || isIdCard(value) ? Promise.resolve() : Promise.reject(new Error(t("contact.idCardWrong")))) }]}
          >
            <Input autoComplete="off" maxLength={22} />
          </Form.Item>
        </ReasonForm>
      </Dialog>
    </section>
  );
}
