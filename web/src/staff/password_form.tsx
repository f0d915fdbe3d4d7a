import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";

import { Refused } from "../api/errors";
import { staffApi } from "../api/staff";
import type { StaffSession } from "../api/staff_types";
import { useStaffText } from "../text/staff";
import { lackingIn, PASSWORD_PARTS } from "./password";
import { wordsOf } from "./problem";

function isWrong(error: unknown): boolean {
  return error instanceof Refused && error.code === "sign_in_wrong";
}

interface Typed {
  old: string;
  next: string;
  repeated: string;
}

/** @param first nothing else opens before the first password is changed. */
export function PasswordForm({ first = false, onDone }: { first?: boolean; onDone: (session: StaffSession) => void }) {
  const { t, language } = useStaffText();
  const [form] = Form.useForm<Typed>();
  const [error, setError] = useState<unknown>(null);
  const [sending, setSending] = useState(false);
  const next = Form.useWatch("next", form) ?? "";
  const lacking = lackingIn(next);

  async function send({ old, next: chosen }: Typed) {
    setSending(true);
    try {
      const session = await staffApi.changePassword(old, chosen);
      setError(null);
      form.resetFields();
      onDone(session);
    } catch (refusal) {
      setError(refusal);
    } finally {
      setSending(false);
    }
  }

  return (
    <>
      {first && <h1>{t("password.firstTitle")}</h1>}
      {first && <p className="quiet">{t("password.firstLead")}</p>}
      {error !== null && <Alert type="error" showIcon role="alert" title={isWrong(error) ? t("password.oldWrong") : wordsOf(error, t, language)} />}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={send}>
        <Form.Item name="old" label={t(first ? "password.first" : "password.old")} rules={[{ required: true, message: t("signIn.needed") }]}>
          <Input.Password autoComplete="current-password" maxLength={256} visibilityToggle={false} autoFocus={first} />
        </Form.Item>
        <Form.Item
          name="next"
          label={t("password.next")}
          rules={[{ validator: (_, value: string = "") => (lackingIn(value).length === 0 ? Promise.resolve() : Promise.reject(new Error(t("password.weak")))) }]}
        >
          <Input.Password autoComplete="new-password" maxLength={256} visibilityToggle={false} aria-describedby="password-parts" />
        </Form.Item>
        <ul id="password-parts" className="password-parts small">
          {PASSWORD_PARTS.map((part) => (
            <li key={part} data-met={!lacking.includes(part)}>
              <span aria-hidden="true">{lacking.includes(part) ? "○" : "✓"}</span> {t(`password.part.${part}`)}
              <span className="hidden">{t(lacking.includes(part) ? "password.lacking" : "password.met")}</span>
            </li>
          ))}
        </ul>
        <Form.Item
          name="repeated"
          label={t("password.repeated")}
          dependencies={["next"]}
          rules={[
            ({ getFieldValue }) => ({
              validator: (_, value) => (value === getFieldValue("next") ? Promise.resolve() : Promise.reject(new Error(t("password.differs")))),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" maxLength={256} visibilityToggle={false} />
        </Form.Item>
        <Button type="primary" htmlType="submit" block={first} loading={sending}>
          {t("password.go")}
        </Button>
      </Form>
    </>
  );
}
