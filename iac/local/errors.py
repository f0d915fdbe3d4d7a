"""What can go wrong when the local cloud starts, each with what to do.

LocalError
├── PortTaken        a port that was asked for is in use
├── PortForbidden    a port that was asked for is the system's own
├── ToolMissing      a program or package is not installed
├── StateInUse       another local cloud runs on the same state folder
├── CloudSilent      the emulator or the gateway did not come up
├── DeployFailed     the template was refused
├── RebuildFailed    what a kill left could not be put in order
└── DemoError        the demo cannot go on (iac/local/demo)
"""

from __future__ import annotations


class LocalError(Exception):
    """Base: `message` says what happened, `hint` what to do."""

    message = "The local cloud failed."
    hint = ""

    def __init__(self, **details: object) -> None:
        self.details = details
        super().__init__(f"{self.message.format(**details)} {self.hint.format(**details)}".strip())


class PortTaken(LocalError):
    message = "端口 {port} 已被占用 · port {port} ({what}) is already in use on 127.0.0.1."
    hint = "请关闭占用它的程序，或另选端口 · stop the program that holds it, or choose another: {option}."


class PortForbidden(LocalError):
    message = "端口 {port} 不允许使用 · port {port} ({what}) may not be used by this user."
    hint = "请另选 1024 以上的端口 · choose one above 1024: {option}."


class ToolMissing(LocalError):
    message = "{tool} is missing; it is needed {purpose}."
    hint = "{how}"


class RebuildFailed(LocalError):
    message = "上次异常退出后的索引未能重建 · the index could not be rebuilt after the cloud was killed."
    hint = "请查看 {log} 后重新启动 · look there, then start again: it goes on where it was."


class StateInUse(LocalError):
    message = "{state_dir} 正在使用中（进程 {pid}）：另一个演示尚未停止 · another demo runs on this folder (process {pid})."
    hint = "在它的终端按 Ctrl-C；终端已关闭则 kill {pid} · press Ctrl-C in its terminal; if that is gone: kill {pid}."


class CloudSilent(LocalError):
    message = "{what} did not answer within {seconds:.0f} s."
    hint = "Its log is {log}."


class DeployFailed(LocalError):
    message = "The local cloud refused template.yaml: {reason}"
    hint = "Its log is {log}."


class DemoError(LocalError):
    message = "{text}"
    hint = "{todo}"
