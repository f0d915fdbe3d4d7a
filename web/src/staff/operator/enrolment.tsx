import { useMutation } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input } from "antd";

import { staffApi } from "../../api/staff";
import { formatWait } from "../../text/format";
import { useStaffText } from "../../text/staff";
import { wordsOf } from "../problem";
import { useNow } from "../use_now";

/** A code for one new agent: shown here once, and nowhere else. */
export function Enrolment({ onDone }: { onDone: () => void }) {
  const { t, language } = useStaffText();
  const made = useMutation({ mutationFn: staffApi.enrol });
  if (made.data) return <Code code={made.data.code} until={made.data.expires_at} onDone={onDone} />;
  return (
    <Form layout="vertical" requiredMark={false} className="reason-form" onFinish={({ ae }: { ae: string }) => made.mutate(ae.trim())}>
      <p className="quiet">{t("agents.enrolLead")}</p>
      {made.isError && <Alert type="error" showIcon role="alert" title={wordsOf(made.error, t, language)} />}
      <Form.Item
        name="ae"
        label={t("agents.aeTitle")}
        extra={t("agents.aeHint")}
        rules={[
          {
            validator: (_, value: string = "") => (/^[!-[\]-~]([ -[\]-~]{0,14}[!-[\]-~])?$/.test(value.trim()) ? Promise.resolve() : Promise.reject(new Error(t("agents.aeWrong")))),
          },
        ]}
      >
        <Input autoComplete="off" spellCheck={false} maxLength={16} autoFocus />
      </Form.Item>
      <div className="dialog-actions">
        <Button onClick={onDone}>{t("cancel")}</Button>
        <Button type="primary" htmlType="submit" loading={made.isPending}>
          {t("agents.enrolGo")}
        </Button>
      </div>
    </Form>
  );
}

function Code({ code, until, onDone }: { code: string; until: string; onDone: () => void }) {
  const { t } = useStaffText();
  const { message } = App.useApp();
  const left = Date.parse(until) - useNow(1_000);
  // docs/agent.md; as the agent's user, in its folder
  const command = `runuser -u lightbox -- .venv/bin/python -m edge_agent enrol --config /etc/lightbox/agent.yaml --code ${code}`;
  const copy = () => navigator.clipboard.writeText(command).then(() => void message.success(t("agents.copied")), () => undefined);
  return (
    <div className="reason-form">
      {left > 0 ? (
        <>
          <p className="quiet">{t("agents.codeLead")}</p>
          <p className="code" aria-label={t("agents.code")}>
            {code}
          </p>
          <p className="small">{t("agents.codeUntil", { left: formatWait(left) })}</p>
          <p className="quiet small">{t("agents.codeType")}</p>
          <pre className="command">{command}</pre>
        </>
      ) : (
        <Alert type="warning" showIcon title={t("agents.codeOver")} />
      )}
      <div className="dialog-actions">
        {left > 0 && <Button onClick={() => void copy()}>{t("agents.copy")}</Button>}
        <Button type="primary" onClick={onDone}>
          {t("agents.codeDone")}
        </Button>
      </div>
    </div>
  );
}
