"""Alibaba's and Tencent's SMS services and WeChat's official account on loopback, written from their published documents.

They check what they are sent by an arithmetic of their own: what the request holds is canonicalised here from the bytes that
arrived, never by the code under test.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote

Answer = tuple[int, dict[str, Any]]
HANG_UP = (0, {})
SKEW_S = 15 * 60


@dataclass
class Vendor:
    """messages: what was taken, by the sender's own name for it. script: answers to give to the next calls before it behaves;
    HANG_UP closes the connection after the request was worked on, as a lost answer does."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    script: list[Answer | None] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        raise NotImplementedError

    @contextmanager
    def listening(self) -> Iterator[str]:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                scripted = vendor.script.pop(0) if vendor.script else None
                done = vendor.answer(self.command, self.path, headers, body) if scripted in (None, HANG_UP) else scripted
                if scripted == HANG_UP:
                    return
                status, content = done or (500, {})
                data = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = _any

            def log_message(self, *_: object) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield self.url
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _hex(data: bytes) -> str:
    return binascii.hexlify(hashlib.sha256(data).digest()).decode()


@dataclass
class AliyunServer(Vendor):
    """Dysmsapi 2017-05-25 with ACS3-HMAC-SHA256. clock: epoch seconds."""

    key_id: str = "LTAI-test"
    secret: str = "aliyun-secret"
    clock: Callable[[], float] = time.time
    nonces: set[str] = field(default_factory=set)
    unlisted: bool = False  # the list of what was sent lags

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        path, _, query = target.partition("?")
        refused = self._refused(method, path, query, headers, body)
        if refused:
            return 400, {"Code": refused, "Message": "…", "RequestId": "R"}
        action, asked = headers["x-acs-action"], dict(parse_qsl(query, keep_blank_values=True))
        self.calls.append(action)
        if action == "QuerySendDetails":
            return self._details(asked)
        parameters = json.loads(asked["TemplateParam"])
        if any(re.search(r"https?:|/", value) for value in parameters.values()):
            return 200, {"Code": "isv.PARAM_NOT_SUPPORT_URL", "Message": "…", "RequestId": "R"}
        if not asked["TemplateCode"].startswith("SMS_"):
            return 200, {"Code": "isv.SMS_TEMPLATE_ILLEGAL", "Message": "…", "RequestId": "R"}
        day = time.strftime("%Y%m%d", time.gmtime(self.clock() + 8 * 3600))
        self.messages.append({**asked, "parameters": parameters, "day": day, "BizId": f"biz^{len(self.messages)}", "status": 1})
        return 200, {"Code": "OK", "Message": "OK", "BizId": self.messages[-1]["BizId"], "RequestId": "R"}

    def _details(self, asked: dict[str, str]) -> Answer:
        listed = [
            {"OutId": one["OutId"], "SendStatus": one["status"], "PhoneNum": one["PhoneNumbers"], "ErrCode": one.get("code", "")}
            for one in self.messages
            if one["PhoneNumbers"] == asked["PhoneNumber"] and one["day"] == asked["SendDate"]
            if asked.get("BizId", one["BizId"]) == one["BizId"]
        ]
        return 200, {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [] if self.unlisted else listed}}

    def _refused(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> str:
        found = re.fullmatch(r"ACS3-HMAC-SHA256 Credential=(\S+),SignedHeaders=(\S+),Signature=(\w+)", headers["authorization"])
        if not found or found[1] != self.key_id:
            return "InvalidAccessKeyId.NotFound"
        names = found[2].split(";")
        must = {"host", *(name for name in headers if name.startswith("x-acs-"))}
        if names != sorted(names) or not must <= set(names):
            return "IncompleteSignature"
        at = time.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ")
        if abs(self.clock() - _epoch(at)) > SKEW_S:
            return "InvalidTimeStamp.Expired"
        if headers["x-acs-signature-nonce"] in self.nonces:
            return "SignatureNonceUsed"
        self.nonces.add(headers["x-acs-signature-nonce"])
        if headers["x-acs-content-sha256"] != _hex(body):
            return "SignatureDoesNotMatch"
        pairs = sorted(pair.partition("=")[::2] for pair in query.split("&"))
        canonical_query = "&".join(f"{_percent(unquote(name))}={_percent(unquote(value))}" for name, value in pairs)
        canonical = f"{method}\n{path}\n{canonical_query}\n"
        for name in names:
            canonical += f"{name}:{headers[name].strip()}\n"
        canonical += f"\n{found[2]}\n{_hex(body)}"
        expected = hmac.new(self.secret.encode(), b"ACS3-HMAC-SHA256\n" + _hex(canonical.encode()).encode(), "sha256").hexdigest()
        return "" if expected == found[3] else "SignatureDoesNotMatch"


def _percent(text: str) -> str:
    plain = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in text.encode())


def _epoch(at: time.struct_time) -> float:
    import calendar

    return calendar.timegm(at)


def _receipt(status: str) -> dict[str, str]:
    return {"ReportStatus": status, "Description": "DELIVRD" if status == "SUCCESS" else "MK:0001"}


@dataclass
class TencentServer(Vendor):
    """SMS 2021-01-11 with TC3-HMAC-SHA256. receipts: of a session context, as carriers answer."""

    secret_id: str = "AKID-test"
    secret_key: str = "tencent-secret"
    clock: Callable[[], float] = time.time
    code: str = "Ok"  # of the one number
    receipts: dict[str, str] = field(default_factory=dict)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        refused = self._refused(method, target, headers, body)
        if refused:
            return 200, {"Response": {"Error": {"Code": refused, "Message": "…"}, "RequestId": "R"}}
        action, asked = headers["x-tc-action"], json.loads(body)
        self.calls.append(action)
        if action == "PullSmsSendStatusByPhoneNumber":
            found = [
                {"SessionContext": one["SessionContext"], **_receipt(self.receipts[one["SessionContext"]])}
                for one in self.messages
                if one["SessionContext"] in self.receipts and one["PhoneNumberSet"] == [asked["PhoneNumber"]]
                if asked["BeginTime"] <= one["at"] <= asked["EndTime"]
            ]
            return 200, {"Response": {"PullSmsSendStatusSet": found, "RequestId": "R"}}
        if self.code == "Ok":
            self.messages.append({**asked, "at": int(headers["x-tc-timestamp"])})
        told = {"SerialNo": f"5000:{len(self.messages)}", "PhoneNumber": asked["PhoneNumberSet"][0], "Fee": 2, "Code": self.code}
        return 200, {"Response": {"SendStatusSet": [told], "RequestId": "R"}}

    def _refused(self, method: str, target: str, headers: dict[str, str], body: bytes) -> str:
        form = r"TC3-HMAC-SHA256 Credential=(\S+)/([\d-]+)/sms/tc3_request, SignedHeaders=(\S+), Signature=(\w+)"
        found = re.fullmatch(form, headers["authorization"])
        if not found:
            return "AuthFailure.SignatureFailure"
        who, day, names, given = found.groups()
        stamp = int(headers["x-tc-timestamp"])
        if abs(self.clock() - stamp) > 300:
            return "AuthFailure.SignatureExpire"
        if who != self.secret_id or day != time.strftime("%Y-%m-%d", time.gmtime(stamp)):
            return "AuthFailure.SecretIdNotFound"
        if not {"content-type", "host"} <= set(names.split(";")) or headers["x-tc-version"] != "2021-01-11":
            return "AuthFailure.SignatureFailure"
        lines = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in names.split(";"))
        path, _, query = target.partition("?")
        request = "\n".join([method, path, query, lines, names, _hex(body)])
        text = f"TC3-HMAC-SHA256\n{stamp}\n{day}/sms/tc3_request\n{_hex(request.encode())}"
        step = ("TC3" + self.secret_key).encode()
        for word in (day, "sms", "tc3_request"):
            step = hmac.new(step, word.encode(), "sha256").digest()
        return "" if hmac.new(step, text.encode(), "sha256").hexdigest() == given else "AuthFailure.SignatureFailure"


@dataclass
class WechatServer(Vendor):
    """api.weixin.qq.com for one account. followers: open ids that take template messages. codes: of login pages → open id."""

    app_id: str = "wx-test"
    secret: str = "wechat-secret"
    followers: set[str] = field(default_factory=lambda: {"o-zhang"})
    codes: dict[str, str] = field(default_factory=dict)
    token: str = "token-1"
    tokens: int = 1

    def rotate(self) -> None:
        """What was given before does not hold any more."""
        self.tokens += 1
        self.token = f"token-{self.tokens}"

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        path, _, query = target.partition("?")
        asked = dict(parse_qsl(query))
        self.calls.append(path)
        if path == "/cgi-bin/stable_token":
            wanted = json.loads(body)
            if (wanted["appid"], wanted["secret"]) != (self.app_id, self.secret):
                return 200, {"errcode": 40125, "errmsg": "invalid appsecret"}
            if wanted["force_refresh"]:
                self.rotate()
            return 200, {"access_token": self.token, "expires_in": 7200}
        if path == "/sns/oauth2/access_token":
            if (asked["appid"], asked["secret"]) != (self.app_id, self.secret):
                return 200, {"errcode": 40125, "errmsg": "invalid appsecret"}
            open_id = self.codes.pop(asked["code"], None)
            return 200, {"openid": open_id, "access_token": "…"} if open_id else {"errcode": 40029, "errmsg": "invalid code"}
        if path != "/cgi-bin/message/template/send":
            return 404, {}
        if asked["access_token"] != self.token:
            return 200, {"errcode": 42001, "errmsg": "access_token expired"}
        message = json.loads(body)
        if message["touser"] not in self.followers:
            return 200, {"errcode": 43004, "errmsg": "require subscribe"}
        if message["client_msg_id"] not in [one["client_msg_id"] for one in self.messages]:
            self.messages.append(message)
        return 200, {"errcode": 0, "errmsg": "ok", "msgid": len(self.messages)}
