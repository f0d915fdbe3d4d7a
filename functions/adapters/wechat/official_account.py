"""One hospital's official account (公众号): its access token, template messages, and the login page that tells an open id.

Source: developers.weixin.qq.com/doc/offiaccount, "Get stable access token", "Template messages", "Web page authorisation".

A template message carries `client_msg_id`: WeChat sends one of that name to a person once, for ten minutes. So a message whose
answer was lost may be handed over again within these, under the same name; later nobody can tell, and a person decides.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from functions.adapters.clock import Clock
from functions.adapters.outgoing import AnswerLost, NothingSent, Service
from functions.adapters.sms.port import Fate, Receipt, SmsBusy, SmsFateUnknown, SmsMessage, SmsRefused, Taken
from functions.adapters.table.changing import change
from functions.adapters.table.port import Table
from functions.core.errors import WechatRefused
from functions.core.notice.records import AccountToken
from functions.core.study import keys
from functions.core.times import epoch_s

ENDPOINT = "https://api.weixin.qq.com"
LOGIN_PAGE = "https://open.weixin.qq.com/connect/oauth2/authorize"
TOKEN_WRONG = {40001, 40014, 42001}
BUSY = {45011, 50002}
RENEW_BEFORE_S = 300
SAME_NAME_S = 540  # of the ten minutes in which a repeated client_msg_id is no second message
JSON = {"Content-Type": "application/json; charset=utf-8"}


class OfficialAccount:
    """settings: `app_id`, `secret`, `templates` ({"released/zh-CN": id}), `fields` ({"thing1": "hospital"}: a template's field →
    our parameter), `endpoint`?, `login_page`?"""

    def __init__(self, settings: Mapping[str, Any], clock: Clock, table: Table) -> None:
        self.app_id = str(settings["app_id"])
        self._secret = str(settings["secret"])
        self._templates: Mapping[str, str] = settings.get("templates", {})
        self._fields: Mapping[str, str] = settings.get("fields", {"thing1": "hospital"})
        self._service = Service(settings.get("endpoint", ENDPOINT))
        self._login_page = str(settings.get("login_page", LOGIN_PAGE))
        self._clock, self._table = clock, table

    # -- messages --------------------------------------------------------------------------------------------------------------

    def send(self, message: SmsMessage) -> Taken:
        """phone: the open id. Raises as the port says."""
        template = message.template or self._templates.get(f"{message.occasion}/{message.language}", "")
        if not template:
            raise SmsRefused(reason="no_template")
        content = {
            "touser": message.phone,
            "template_id": template,
            "url": message.url,
            "client_msg_id": message.request_id,
            "data": {
                name: {"value": message.parameters[ours]} for name, ours in self._fields.items() if ours in message.parameters
            },
        }
        answer = self._with_token(lambda token: self._post(f"/cgi-bin/message/template/send?access_token={token}", content))
        code = answer.get("errcode")
        if code == 0:
            return Taken(str(answer.get("msgid", "")))
        if not isinstance(code, int) or code == -1:  # half an answer, or WeChat's own fault: it may have been taken
            raise SmsFateUnknown(reason=f"errcode {code}")
        raise (SmsBusy if code in BUSY else SmsRefused)(reason=f"errcode {code}")

    def look_up(self, message: SmsMessage, tried_at: int) -> Fate:
        if epoch_s(self._clock.now()) - tried_at < SAME_NAME_S:
            return Fate.NEVER_ARRIVED  # if it did arrive, sending it again under its name changes nothing
        raise SmsBusy(reason="cannot_tell")

    def delivery(self, message: SmsMessage, tried_at: int, vendor_id: str) -> Receipt | None:
        """WeChat pushes this to the account's own server and cannot be asked."""
        return None

    # -- who a browser is ------------------------------------------------------------------------------------------------------

    def login_url(self, redirect: str, state: str) -> str:
        """Where a browser in WeChat is sent to; it comes back to `redirect` with `code` and `state`."""
        asked = {"appid": self.app_id, "redirect_uri": redirect, "response_type": "code", "scope": "snsapi_base", "state": state}
        return f"{self._login_page}?{urlencode(asked)}#wechat_redirect"

    def open_id(self, code: str) -> str:
        """Who came back with the code; WeChat takes each once. Raises WechatRefused, SmsBusy (it did not answer)."""
        asked = {"appid": self.app_id, "secret": self._secret, "code": code, "grant_type": "authorization_code"}
        try:
            answer = self._call("GET", f"/sns/oauth2/access_token?{urlencode(asked)}")
        except SmsFateUnknown as error:
            raise SmsBusy(**error.details) from None
        open_id = answer.get("openid")
        if not isinstance(open_id, str) or not open_id:
            raise WechatRefused(reason=f"errcode {answer.get('errcode')}")
        return open_id

    # -- the access token ------------------------------------------------------------------------------------------------------

    def _with_token(self, call: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """A token that WeChat does not take is replaced once."""
        token = self._token()
        answer = call(token)
        return call(self._new_token(instead_of=token)) if answer.get("errcode") in TOKEN_WRONG else answer

    def _token(self) -> str:
        row = self._table.get(keys.wechat_token_pk(self.app_id), "TOKEN")
        if row is not None and row["expires_at"] - RENEW_BEFORE_S > epoch_s(self._clock.now()):
            return str(row["token"])
        return self._new_token()

    def _new_token(self, instead_of: str = "") -> str:
        """WeChat gives the one that holds. Only if it has just refused that one it is made to give another: it does so rarely."""
        answer = self._fetch_token(force=False)
        if instead_of and answer["access_token"] == instead_of:
            answer = self._fetch_token(force=True)
        expires_at = epoch_s(self._clock.now()) + int(answer.get("expires_in", 0))
        fresh = AccountToken(self.app_id, answer["access_token"], expires_at)
        change(self._table, *fresh.key(), lambda _: fresh.to_row())
        return fresh.token

    def _fetch_token(self, *, force: bool) -> dict[str, Any]:
        asked = {"grant_type": "client_credential", "appid": self.app_id, "secret": self._secret, "force_refresh": force}
        try:
            answer = self._post("/cgi-bin/stable_token", asked)
        except SmsFateUnknown as error:  # no message was handed over yet
            raise SmsBusy(**error.details) from None
        if not answer.get("access_token"):
            code = answer.get("errcode", "none")
            raise (SmsBusy if code in (-1, *BUSY) else SmsRefused)(reason=f"token errcode {code}")
        return answer

    def _post(self, target: str, content: Mapping[str, Any]) -> dict[str, Any]:
        return self._call("POST", target, json.dumps(content, ensure_ascii=False).encode())

    def _call(self, method: str, target: str, body: bytes = b"") -> dict[str, Any]:
        try:
            status, answer = self._service.call(method, target, headers=JSON if body else {}, body=body)
        except NothingSent as error:
            raise SmsBusy(reason=str(error)) from None
        except AnswerLost as error:
            raise SmsFateUnknown(reason=str(error)) from None
        if status != 200:
            raise SmsFateUnknown(reason=f"status {status}")
        return answer


def account_of(settings: Mapping[str, Any], tenant: str, clock: Clock, table: Table) -> OfficialAccount | None:
    """The hospital's own account, else the deployment's (`*`); None where there is none. settings: the secret's `wechat`."""
    chosen = settings.get(tenant) or settings.get("*")
    return OfficialAccount(chosen, clock, table) if chosen else None
