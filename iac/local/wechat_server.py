"""WeChat's side of one official account, beside the demo phone's SMS: an access token, template messages, and a login page
that says of every browser that it is the one person's.

As developers.weixin.qq.com documents them (`functions/adapters/wechat/official_account.py`); a message lands in the same inbox.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

LIFE_S = 7200
OPEN_ID = "o-demo"

Put = Callable[[str, str, str], bool]  # request id, to whom, words


def routes(accounts: Mapping[str, str], put: Put) -> list[Route]:
    """accounts: app id → secret. put: keeps a message; False when it was there."""
    tokens: dict[str, float] = {}  # → until when
    codes: set[str] = set()  # of login pages, each good once

    async def stable_token(request: Request) -> Response:
        asked = await request.json()
        secret = accounts.get(str(asked.get("appid")), "")
        if not secret or not hmac.compare_digest(secret, str(asked.get("secret"))):
            return JSONResponse({"errcode": 40125, "errmsg": "invalid appsecret"})
        standing = next((token for token, until in tokens.items() if until > time.monotonic() + 300), None)
        if standing is None or asked.get("force_refresh"):
            standing = secrets.token_urlsafe(96)
            tokens[standing] = time.monotonic() + LIFE_S
        return JSONResponse({"access_token": standing, "expires_in": LIFE_S})

    async def send(request: Request) -> Response:
        if tokens.get(request.query_params.get("access_token", ""), 0.0) < time.monotonic():
            return JSONResponse({"errcode": 40001, "errmsg": "invalid credential"})
        message: dict[str, Any] = await request.json()
        fields = " · ".join(str(field["value"]) for field in message["data"].values())
        words = f"【微信】{fields} {message['url']}"
        await run_in_threadpool(put, str(message["client_msg_id"]), str(message["touser"]), words)
        return JSONResponse({"errcode": 0, "errmsg": "ok", "msgid": int(time.time() * 1000)})

    async def login_page(request: Request) -> Response:
        asked = request.query_params
        code = secrets.token_urlsafe(24)
        codes.add(code)
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", status_code=302)

    async def open_id(request: Request) -> Response:
        asked = request.query_params
        secret, code = accounts.get(asked.get("appid", ""), ""), asked.get("code", "")
        if not secret or not hmac.compare_digest(secret, asked.get("secret", "")) or code not in codes:
            return JSONResponse({"errcode": 40029, "errmsg": "invalid code"})
        codes.discard(code)
        return JSONResponse({"openid": OPEN_ID, "access_token": secrets.token_urlsafe(24)})

    return [
        Route("/wechat/connect/oauth2/authorize", login_page, methods=["GET"]),
        Route("/wechat/sns/oauth2/access_token", open_id, methods=["GET"]),
        Route("/wechat/cgi-bin/stable_token", stable_token, methods=["POST"]),
        Route("/wechat/cgi-bin/message/template/send", send, methods=["POST"]),
    ]
