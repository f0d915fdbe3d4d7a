"""What can go wrong when an installation is deployed, each with what to do.

DeployError
├── EnvironmentMissing   no file for the environment that was named
├── EnvironmentWrong     its file says something that cannot be deployed
├── ChangeRefused        CloudFormation refused the change, or undid it
└── NotBuilt             bundles or pages were not made
"""

from __future__ import annotations


class DeployError(Exception):
    """Base: `message` says what happened, `hint` what to do."""

    message = "The installation was not deployed."
    hint = ""

    def __init__(self, **details: object) -> None:
        self.details = details
        super().__init__(f"{self.message.format(**details)} {self.hint.format(**details)}".strip())


class EnvironmentMissing(DeployError):
    message = "没有环境 {name} · there is no environment {name}."
    hint = "现有：{known}。可复制其一 · known are {known}; copy one in iac/aws/environments/."


class EnvironmentWrong(DeployError):
    message = "{file}: {where}: {problem}"
    hint = "{todo}"


class ChangeRefused(DeployError):
    message = "CloudFormation 拒绝了变更 · CloudFormation refused the change: {reason}"
    hint = "原有系统未变。修正后重新运行 · What ran before still runs. Mend it and run the same command again."


class NotBuilt(DeployError):
    message = "{what} 尚未生成 · {what} is not there."
    hint = "请先运行 {command} · run {command} first."
