"""What every error of the agent has: words in two languages, a code, whether waiting helps."""

from __future__ import annotations

from typing import ClassVar


def sentences(message: str, hint: str) -> str:
    """What happened and what to do, in English, one after the other."""
    ended = message if message.endswith((".", "?", "!")) else f"{message}."
    return f"{ended} {hint}".strip()


class AgentError(Exception):
    """Base. Keyword arguments fill the words; none of them may hold patient data.

    message, hint: what happened, what to do; zh, zh_hint: the same in Chinese.
    """

    message: ClassVar[str] = "The agent failed."
    hint: str = ""
    zh: str = "前置机出错。"
    zh_hint: str = ""
    retry: ClassVar[bool] = False
    dicom_status: ClassVar[int] = 0x0110  # Processing failure, PS3.7 C.5.11

    def __init__(self, **details: object) -> None:
        self.details = details
        super().__init__(self.message.format(**details))
        self.hint, self.zh, self.zh_hint = (words.format(**details) for words in (self.hint, self.zh, self.zh_hint))

    @property
    def code(self) -> str:
        """Stable name for logs: the class name."""
        return type(self).__name__

    def facts(self) -> dict[str, str]:
        """For log, state.json and programs."""
        return {"error": self.code, "message": str(self), "hint": self.hint, "zh": f"{self.zh}{self.zh_hint}"}

    def line(self) -> str:
        """For a terminal: Chinese, then English, on one line."""
        return " ".join(f"{self.zh}{self.zh_hint} · {sentences(str(self), self.hint)}".split())
