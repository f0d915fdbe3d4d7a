import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";

import { staffApi } from "../api/staff";
import type { StaffSession } from "../api/staff_types";
import { useStaffText } from "../text/staff";
import { Entrance } from "./entrance";
import { wordsOf } from "./problem";
import { keepHospital, keptHospital } from "./session";

interface Typed {
  hospital: string;
  account: string;
  password: string;
}

/** @param again the session ended on an open page. */
export function SignIn({ again = false, onIn }: { again?: boolean; onIn: (session: StaffSession) => void }) {
  const { t, language } = useStaffText();
  const [form] = Form.useForm<Typed>();
  const [error, setError] = useState<unknown>(null);
  const [sending, setSending] = useState(false);
  const [known] = useState(keptHospital);

  async function send({ hospital, account, password }: Typed) {
    setSending(true);
    try {
      const session = await staffApi.signIn(hospital.trim().toLowerCase(), account.trim().toLowerCase(), password);
      keepHospital(session.hospital.tenant);
      onIn(session);
    } catch (refusal) {
      setError(refusal);
      setSending(false);
      form.setFieldValue("password", "");
      form.focusField("password");
    }
  }

  const needed = [{ required: true, whitespace: true, message: t("signIn.needed") }];
  return (
    <Entrance>
      <h1>{t("signIn.title")}</h1>
      {again && !error && <Alert type="info" showIcon title={t("signIn.ended")} />}
      {error !== null && <Alert type="error" showIcon role="alert" title={wordsOf(error, t, language)} />}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ hospital: known }} onFinish={send}>
        <Form.Item name="hospital" label={t("signIn.hospital")} extra={t("signIn.hospitalHint")} rules={needed}>
          <Input autoComplete="organization" autoCapitalize="none" spellCheck={false} maxLength={32} autoFocus={known === ""} />
        </Form.Item>
        <Form.Item name="account" label={t("signIn.account")} rules={needed}>
          <Input autoComplete="username" autoCapitalize="none" spellCheck={false} maxLength={64} autoFocus={known !== ""} />
        </Form.Item>
        <Form.Item name="password" label={t("signIn.password")} rules={needed}>
          <Input.Password autoComplete="current-password" maxLength={256} visibilityToggle={false} />
        </Form.Item>
        <Button type="primary" htmlType="submit" block loading={sending}>
          {t("signIn.go")}
        </Button>
      </Form>
      <p className="quiet small">{t("signIn.forgotten")}</p>
    </Entrance>
  );
}
