"""Tencent Cloud SMS: SendSms and PullSmsSendStatusByPhoneNumber of API 2021-01-11, without the SDK as `aliyun.py`.

Parameters of a template are numbered: {1} the hospital, {2} the code that ends the template's fixed address.

`SessionContext` carries the request id and comes back with the receipt. Only what a carrier has answered is listed: a message
that is not there may have gone out all the same, so this provider never says "never arrived", and what stays unlisted is held
for a person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from functions.adapters.clock import Clock
from functions.adapters.outgoing import AnswerLost, NothingSent, Service
from functions.adapters.sms.port import Fate, Receipt, SmsBusy, SmsFateUnknown, SmsMessage, SmsRefused, Taken
from functions.core.notice.receipts import Delivery
from functions.core.signing import tc3
from functions.core.times import epoch_s

VERSION, SERVICE = "2021-01-11", "sms"
ENDPOINT = "https://sms.tencentcloudapi.com"
REGION = "ap-guangzhou"
PAGE = 100
BEFORE_S, AFTER_S = 60, 4 * 86400  # of the attempt, in which its receipt is looked for; seven days are kept
# Everything else that has a code was judged and refused: cloud.tencent.com/document/api/382/59177.
BUSY = (
    *("LimitExceeded", "RequestLimitExceeded", "ResourceInsufficient", "AuthFailure.SignatureExpire"),
    "FailedOperation.InsufficientBalanceInSmsPackage",
)
UNKNOWN = ("InternalError", "ResourceUnavailable")


class Tencent:
    """settings: `secret_id`, `secret_key`, `app_id`, `sign_name`, `templates` ({"released/zh-CN": "1234567"}), `region`?,
    `endpoint`?"""

    def __init__(self, settings: Mapping[str, Any], clock: Clock) -> None:
        self._service = Service(settings.get("endpoint", ENDPOINT))
        self._id, self._key = str(settings["secret_id"]), str(settings["secret_key"])
        self._app, self._sign = str(settings["app_id"]), str(settings["sign_name"])
        self._region = str(settings.get("region", REGION))
        self._templates: Mapping[str, str] = settings.get("templates", {})
        self._clock = clock

    def send(self, message: SmsMessage) -> Taken:
        template = message.template or self._templates.get(f"{message.occasion}/{message.language}", "")
        if not template:
            raise SmsRefused(reason="no_template")
        answer = self._call(
            "SendSms",
            {
                "PhoneNumberSet": [_e164(message.phone)],
                "SmsSdkAppId": self._app,
                "SignName": message.sign or self._sign,
                "TemplateId": template,
                "TemplateParamSet": list(message.parameters.values()),
                "SessionContext": message.request_id,
            },
        )
        _judge(str(answer.get("Error", {}).get("Code", "")) if "Error" in answer else "Ok")
        told = (answer.get("SendStatusSet") or [{}])[0]
        _judge(str(told.get("Code", "")))
        return Taken(str(told.get("SerialNo", "")), int(told.get("Fee", 0)))

    def look_up(self, message: SmsMessage, tried_at: int) -> Fate:
        found = self._receipt(message, tried_at)
        if found is None:
            raise SmsBusy(reason="no_receipt_yet")
        return Fate.REFUSED if found.delivery is Delivery.UNDELIVERED else Fate.TAKEN

    def delivery(self, message: SmsMessage, tried_at: int, vendor_id: str) -> Receipt | None:
        return self._receipt(message, tried_at)

    def _receipt(self, message: SmsMessage, tried_at: int) -> Receipt | None:
        asked = {
            "BeginTime": tried_at - BEFORE_S,
            "EndTime": min(tried_at + AFTER_S, epoch_s(self._clock.now())),
            "Offset": 0,
            "Limit": PAGE,
            "PhoneNumber": _e164(message.phone),
            "SmsSdkAppId": self._app,
        }
        try:
            answer = self._call("PullSmsSendStatusByPhoneNumber", asked)
        except SmsFateUnknown as error:
            raise SmsBusy(**error.details) from None
        if "Error" in answer:
            raise SmsBusy(reason=str(answer["Error"].get("Code", "")))
        for one in answer.get("PullSmsSendStatusSet") or []:
            if one.get("SessionContext") == message.request_id:
                delivery = Delivery.DELIVERED if one.get("ReportStatus") == "SUCCESS" else Delivery.UNDELIVERED
                return Receipt(delivery, str(one.get("Description", "")))
        return None

    def _call(self, action: str, content: Mapping[str, Any]) -> dict[str, Any]:
        body, at = json.dumps(content, ensure_ascii=False).encode(), epoch_s(self._clock.now())
        signed = tc3.authorization(
            secret_id=self._id,
            secret_key=self._key,
            host=self._service.host,
            service=SERVICE,
            action=action,
            body=body,
            at=at,
        )
        headers = {
            "Authorization": signed,
            "Content-Type": tc3.CONTENT_TYPE,
            "Host": self._service.host,
            "X-TC-Action": action,
            "X-TC-Timestamp": str(at),
            "X-TC-Version": VERSION,
            "X-TC-Region": self._region,
        }
        try:
            status, answer = self._service.call("POST", "/", headers=headers, body=body)
        except NothingSent as error:
            raise SmsBusy(reason=str(error)) from None
        except AnswerLost as error:
            raise SmsFateUnknown(reason=str(error)) from None
        response = answer.get("Response")
        if not isinstance(response, dict):
            raise SmsFateUnknown(reason=f"status {status}")
        return response


def _judge(code: str) -> None:
    if code == "Ok":
        return
    if not code or code.startswith(UNKNOWN):
        raise SmsFateUnknown(reason=code or "half an answer")
    if code.startswith(BUSY):
        raise SmsBusy(reason=code)
    raise SmsRefused(reason=code)


def _e164(phone: str) -> str:
    """A number without a country is one of mainland China's."""
    return phone if phone.startswith("+") else f"+86{phone}"
