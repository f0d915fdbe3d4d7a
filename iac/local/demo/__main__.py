"""`python -m iac.local.demo [--study FOLDER] [--port N] [--no-wait]`: what `make demo` runs."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from pathlib import Path
from types import FrameType

from iac.local.demo.console import Console
from iac.local.demo.journey import Journey, Outcome, Wish
from iac.local.errors import DemoError, LocalError

TITLE = "云灯箱 Lightbox · 从扫描设备到患者手机 · from a scanner to a patient's phone"


def main() -> int:
    """Returns the exit status: 0 shown, 1 could not go on (said in one line), 130 stopped on the way."""
    console = Console()
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: nohup and some CI systems start programs with it ignored
        signal.signal(number, _stop)
    shown = False
    try:
        console.say(f"\n{TITLE}\n")
        wish, waits = _parsed()
        with Journey(wish, console) as journey:
            try:
                outcome = journey.run()
                console.say(_said(outcome, console, wish.state))
                shown = True
                journey.wait_for_films()
                console.say(journey.cost())
                console.say(f"\n{journey.share(outcome).said()}\n{journey.privacy()}")
                if waits:
                    console.say("Ctrl-C 停止 · stops everything.")
                    signal.pause()
            finally:
                for again in (signal.SIGINT, signal.SIGTERM):  # a second one must not leave processes behind
                    signal.signal(again, signal.SIG_IGN)
                if journey.begun:
                    console.say("正在停止 · stopping …")
    except LocalError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        console.say("已停止 · stopped.")
        return 0 if shown else 130
    console.say("已停止 · stopped.")
    return 0


def _parsed() -> tuple[Wish, bool]:
    parser = argparse.ArgumentParser(prog="python -m iac.local.demo", description=TITLE)
    parser.add_argument("--study", type=Path, help="folder with DICOM files of one patient, in place of the phantom")
    parser.add_argument("--port", default="", help="of the patient's page; default: as last time, else any free one")
    parser.add_argument("--cloud-port", default="", help="of the local cloud")
    parser.add_argument("--state", type=Path, default=Path(".lightbox"), help="where everything is kept (default: .lightbox)")
    parser.add_argument("--no-wait", action="store_true", help="stop as soon as the link is there")
    asked = parser.parse_args()
    ports = _port(asked.port, "PORT"), _port(asked.cloud_port, "--cloud-port")
    return Wish(asked.state.resolve(), asked.study, *ports, registers=True), not asked.no_wait


def _port(text: str, name: str) -> int:
    """0 where none was asked for. Raises DemoError for what is no port."""
    if not text:
        return 0
    port = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0
    if not 1 <= port <= 65535:
        raise DemoError(text=f"{name}={text} 不是端口号 · is no port.", todo="请用 1024 到 65535 · use 1024 to 65535.")
    return port


def _said(outcome: Outcome, console: Console, state: Path) -> str:
    total = sum(seconds for _, seconds in console.steps)
    return "\n".join(
        (
            "",
            f"  患者链接 · link     {outcome.link}",
            f"  身份验证 · verify   手机尾号 phone ends in {outcome.phone_tail} / 验证码 code {outcome.code}",
            f"  手机短信 · SMS      {outcome.phone_page}",
            f"  检查进度 · progress {outcome.progress}",
            f"{'':22}已登记，尚无图像；手机尾号同上 · no images yet; same phone",
            outcome.staff.said(),
            f"  运维命令 · operator . {shlex.quote(str(state / 'operator.env'))}",
            f"  总共用时 · time     {total:.1f} s",
            "",
        )
    )


def _stop(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
