import { Alert, Button, Form, Input } from "antd";
import { useEffect, useRef, useState, type ReactNode } from "react";

import { useStaffText } from "../text/staff";
import { wordsOf } from "./problem";

interface DialogProps {
  open: boolean;
  title: string;
  children: ReactNode;
  onClose: () => void;
}

/** The browser's own dialog: it keeps focus and Esc, and needs no style of its own. */
export function Dialog({ open, title, children, onClose }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) element.current?.showModal();
    else element.current?.close();
  }, [open]);
  return (
    <dialog ref={element} className="dialog" aria-label={title} onClose={onClose} onKeyDown={(event) => event.stopPropagation()}>
      {open && (
        <div className="dialog-body">
          <h2>{title}</h2>
          {children}
        </div>
      )}
    </dialog>
  );
}

interface ReasonFormProps {
  lead: ReactNode;
  go: string;
  danger?: boolean;
  /** To be typed before anything that cannot be undone. */
  typed?: { label: string; word: string };
  children?: ReactNode;
  /** Rejects with what to show. */
  onSend: (values: Record<string, string>) => Promise<unknown>;
  onDone: () => void;
}

/** Something that a member of staff decides: why, and once. */
export function ReasonForm({ lead, go, danger = false, typed, children, onSend, onDone }: ReasonFormProps) {
  const { t, language } = useStaffText();
  const [error, setError] = useState<unknown>(null);
  const [sending, setSending] = useState(false);
  async function send(values: Record<string, string>) {
    setSending(true);
    try {
      await onSend({ ...values, reason: values.reason!.trim() });
      onDone();
    } catch (refusal) {
      setError(refusal);
      setSending(false);
    }
  }
  return (
    <Form layout="vertical" requiredMark={false} onFinish={send} className="reason-form">
      <div className="quiet">{lead}</div>
      {error !== null && <Alert type="error" showIcon role="alert" title={wordsOf(error, t, language)} />}
      {children}
      {typed && (
        <Form.Item
          name="typed"
          label={typed.label}
          rules={[{ validator: (_, value) => (value === typed.word ? Promise.resolve() : Promise.reject(new Error(t("reason.typeAs", { word: typed.word })))) }]}
        >
          <Input autoComplete="off" spellCheck={false} />
        </Form.Item>
      )}
      <Form.Item name="reason" label={t("reason.label")} extra={t("reason.hint")} rules={[{ required: true, whitespace: true, message: t("reason.needed") }]}>
        <Input.TextArea rows={2} maxLength={200} showCount={false} />
      </Form.Item>
      <div className="dialog-actions">
        <Button onClick={onDone} disabled={sending}>
          {t("cancel")}
        </Button>
        <Button type="primary" danger={danger} htmlType="submit" loading={sending}>
          {go}
        </Button>
      </div>
    </Form>
  );
}
