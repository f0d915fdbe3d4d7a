import { MessageCircle } from "lucide-react";
import { useState } from "react";

import { patientApi } from "../api/patient";
import { Button, ButtonLink } from "../look/parts";
import { useText } from "../text";
import { useWechat } from "./queries";

const START = "/api/patient/v1/wechat/start";

/** In WeChat only: from now on the official account's menu opens the patient's exams, and brings the notices. */
export function WechatCard() {
  const { t } = useText();
  const { data, refetch } = useWechat();
  const [failed, setFailed] = useState(false);
  if (!data?.offered) return null;
  const end = () => {
    setFailed(false);
    patientApi.endWechat().then(
      () => void refetch(),
      () => setFailed(true),
    );
  };
  return (
    <div className="stack stack-close">
      <p className="quiet small">{t(data.bound ? "bind.bound" : "bind.why")}</p>
      {data.bound ? (
        <Button weight="quiet" onClick={end}>
          {t("bind.end")}
        </Button>
      ) : (
        <ButtonLink weight="second" icon={MessageCircle} href={START}>
          {t("bind.start")}
        </ButtonLink>
      )}
      {failed && <p role="alert">{t("verify.failed")}</p>}
    </div>
  );
}
