import { App } from "antd";

import { useStaffText } from "../text/staff";
import { Page } from "./page";
import { PasswordForm } from "./password_form";

export default function PasswordPage() {
  const { t } = useStaffText();
  const { message } = App.useApp();
  return (
    <Page title={t("password.title")}>
      <div className="card narrow">
        <PasswordForm onDone={() => void message.success(t("password.done"))} />
      </div>
    </Page>
  );
}
