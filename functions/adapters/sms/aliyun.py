"""Alibaba Cloud SMS: SendSms and QuerySendDetails of API 2017-05-25. No SDK: signing is forty lines, the SDK fourteen packages.

The words are a template that Alibaba approved, `{"hospital": …, "code": …}` its parameters: no address may stand in a parameter
(`isv.PARAM_NOT_SUPPORT_URL`), so the template holds the fixed one and ends it with the code: `…/e#t=${code}`.

An attempt whose answer was lost is found by its OutId, the request id. The list lags: what is not in it counts as never arrived
only ten minutes after the attempt.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from functions.adapters.clock import Clock
from functions.adapters.outgoing import AnswerLost, NothingSent, Service
from functions.adapters.sms.port import Fate, Receipt, SmsBusy, SmsFateUnknown, SmsMessage, SmsRefused, Taken
from functions.core.notice.receipts import Delivery
from functions.core.signing import acs3
from functions.core.times import epoch_s, iso

VERSION = "2017-05-25"
ENDPOINT = "https://dysmsapi.aliyuncs.com"
LISTED_AFTER_S = 600
PAGE = 50
CHINA = timedelta(hours=8)  # QuerySendDetails counts days there
# Everything else that has a code was judged and refused: help.aliyun.com, "SMS API error codes".
BUSY = {"isv.BUSINESS_LIMIT_CONTROL", "isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE", "isv.DAY_LIMIT_CONTROL"}
BUSY |= {"isv.MONTH_LIMIT_CONTROL", "ServiceUnavailable", "InvalidTimeStamp.Expired", "SignatureNonceUsed"}
UNKNOWN = {"isp.SYSTEM_ERROR", "InternalError", "isp.UNKNOWN_ERR_CODE"}


class Aliyun:
    """settings: `access_key_id`, `access_key_secret`, `sign_name`, `templates` ({"released/zh-CN": "SMS_…"}), `endpoint`?"""

    def __init__(self, settings: Mapping[str, Any], clock: Clock) -> None:
        self._service = Service(settings.get("endpoint", ENDPOINT))
        self._key_id, self._secret = str(settings["access_key_id"]), str(settings["access_key_secret"])
        self._sign = str(settings["sign_name"])
        self._templates: Mapping[str, str] = settings.get("templates", {})
        self._clock = clock

    def send(self, message: SmsMessage) -> Taken:
        template = message.template or self._templates.get(f"{message.occasion}/{message.language}", "")
        if not template:
            raise SmsRefused(reason="no_template")
        status, answer = self._call(
            "SendSms",
            {
                "PhoneNumbers": message.phone,
                "SignName": message.sign or self._sign,
                "TemplateCode": template,
                "TemplateParam": json.dumps(dict(message.parameters), ensure_ascii=False),
                "OutId": message.request_id,
            },
        )
        code = str(answer.get("Code", ""))
        if code == "OK":
            return Taken(str(answer.get("BizId", "")))
        if not code or code in UNKNOWN:  # a gateway's own words, or a fault behind the door: it may have been taken
            raise SmsFateUnknown(reason=code or f"status {status}")
        if code in BUSY or code.startswith("Throttling"):
            raise SmsBusy(reason=code)
        raise SmsRefused(reason=code)

    def look_up(self, message: SmsMessage, tried_at: int) -> Fate:
        found = self._details(message, tried_at, "")
        if found is not None:
            return Fate.REFUSED if found.get("SendStatus") == 2 else Fate.TAKEN
        if epoch_s(self._clock.now()) - tried_at < LISTED_AFTER_S:
            raise SmsBusy(reason="not_listed_yet")
        return Fate.NEVER_ARRIVED

    def delivery(self, message: SmsMessage, tried_at: int, vendor_id: str) -> Receipt | None:
        found = self._details(message, tried_at, vendor_id) or {}
        status = found.get("SendStatus")
        if status not in (2, 3):  # 1: the carrier has not answered yet
            return None
        return Receipt(Delivery.DELIVERED if status == 3 else Delivery.UNDELIVERED, str(found.get("ErrCode", "")))

    def _details(self, message: SmsMessage, tried_at: int, vendor_id: str) -> Mapping[str, Any] | None:
        day = (datetime.fromtimestamp(tried_at, self._clock.now().tzinfo) + CHINA).strftime("%Y%m%d")
        asked = {"PhoneNumber": message.phone, "SendDate": day, "PageSize": str(PAGE), "CurrentPage": "1"}
        try:
            status, answer = self._call("QuerySendDetails", asked | ({"BizId": vendor_id} if vendor_id else {}))
        except SmsFateUnknown as error:
            raise SmsBusy(**error.details) from None
        if answer.get("Code") != "OK":
            raise SmsBusy(reason=str(answer.get("Code", f"status {status}")))
        listed = (answer.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
        return next((one for one in listed if one.get("OutId") == message.request_id), None)

    def _call(self, action: str, parameters: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        query = acs3.query_text(parameters)
        headers = acs3.headers(
            key_id=self._key_id,
            secret=self._secret,
            host=self._service.host,
            action=action,
            version=VERSION,
            query=query,
            time=iso(self._clock.now())[:19] + "Z",
            nonce=secrets.token_hex(16),
        )
        try:
            return self._service.call("POST", f"/?{query}", headers=headers)
        except NothingSent as error:
            raise SmsBusy(reason=str(error)) from None
        except AnswerLost as error:
            raise SmsFateUnknown(reason=str(error)) from None
