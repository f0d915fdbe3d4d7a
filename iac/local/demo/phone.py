"""The demo's phone: the local SMS server, where what was sent can be looked at."""

from __future__ import annotations

import json
import secrets
import urllib.request
from pathlib import Path
from typing import Any

from iac.local.demo.hospital import ZONE
from iac.local.ports import LOOPBACK, answers, free_port
from iac.local.process import Child, clean_environment, python

NUMBER = "13900001234"
TAIL = NUMBER[-4:]
KEY_ID = "local"
WECHAT_APP = "wx-local"


class Phone:
    """An SMS server as a child process; messages stay in the state folder. It starts while others start; then `wait`."""

    def __init__(self, state_dir: Path, tmp: Path) -> None:
        self._key = secrets.token_hex(32)
        self._port = free_port()
        self.page = f"http://{LOOPBACK}:{self._port}/"
        log = state_dir / "logs" / "sms.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        options = {
            "--folder": state_dir / "sms",
            "--port": self._port,
            "--key-id": KEY_ID,
            "--wechat-app": WECHAT_APP,
            "--time-zone": ZONE.key,
        }
        command = python("-m", "iac.local.sms_server", *(str(word) for pair in options.items() for word in pair))
        self._child = Child("The SMS server", command, clean_environment(tmp, {"LIGHTBOX_SMS_KEY": self._key}), log)

    def wait(self) -> None:
        """Until it answers. Raises CloudSilent."""
        self._child.wait_until(lambda: answers(self._port, "/feed"), 30)

    @property
    def provider(self) -> dict[str, Any]:
        """What the cloud's secret says about this provider."""
        return {"provider": "generic_http", "url": self.page.rstrip("/"), "key_id": KEY_ID, "key": self._key}

    @property
    def wechat(self) -> dict[str, Any]:
        """What it says about the official account: one for all hospitals."""
        occasions = ("released", "registered", "ending")
        templates = {f"{occasion}/{language}": occasion for occasion in occasions for language in ("zh-CN", "en")}
        endpoint = {"endpoint": f"{self.page}wechat", "login_page": f"{self.page}wechat/connect/oauth2/authorize"}
        return {"*": {"app_id": WECHAT_APP, "secret": self._key, "templates": templates, **endpoint}}

    def messages(self) -> list[dict[str, Any]]:
        """All messages that arrived, oldest first."""
        with urllib.request.urlopen(f"{self.page}feed", timeout=10) as answer:  # noqa: S310
            found: list[dict[str, Any]] = json.load(answer)["messages"]
        return found

    def stop(self) -> None:
        self._child.stop(grace_s=5)
