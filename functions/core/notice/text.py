"""The SMS that says that an exam can be seen, is registered, or ends soon. No diagnosis, no name, no exam: only who writes,
and the link; of an ending one the day.

The hospital's name leads in the brackets that Chinese carriers ask of a signature. A space ends the link, so that phones find
its end. The token stands in the fragment: no server on the way sees it.
"""

from __future__ import annotations

from datetime import date

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TEXTS = {
    ("released", "zh-CN"): "【{hospital}】您的检查结果已可查看：{url} 打开后请输入手机号后四位。仅供本人使用，请勿转发。",
    ("released", "en"): "[{hospital}] Your exam results are ready: {url} You will be asked for the last 4 digits of your phone "
    "number. This link is for you alone; please do not forward it.",
    (
        "registered",
        "zh-CN",
    ): "【{hospital}】您的检查已登记，进度与结果请看：{url} 打开后请输入手机号后四位。仅供本人使用，请勿转发。",
    ("registered", "en"): "[{hospital}] Your exam is registered. Progress and results: {url} You will be asked for the last 4 "
    "digits of your phone number. This link is for you alone; please do not forward it.",
    ("ending", "zh-CN"): "【{hospital}】您的一份检查保存至{until}，之后删除。如需留存，请在此之前打开并下载报告和胶片：{url} "
    "打开后请输入手机号后四位。仅供本人使用，请勿转发。",
    ("ending", "en"): "[{hospital}] One of your exams is kept until {until} and deleted after that. To keep a copy, open it and "
    "download the report and the film before then: {url} You will be asked for the last 4 digits of your phone number. This link "
    "is for you alone; please do not forward it.",
}


def link_url(origin: str, token: str) -> str:
    """origin: `https://…` without a trailing slash."""
    return f"{origin}/e#t={token}"


def day_text(day: date, language: str) -> str:
    """2026年12月20日, 20 Dec 2026."""
    if language == "en":
        return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def notice_text(occasion: str, language: str, *, hospital: str, url: str, template: str = "", until: str = "") -> str:
    """occasion: `released`, `registered` or `ending`; language: the hospital's; an unknown one is written in Chinese.

    template: the hospital's own words, with `{hospital}` and `{url}` where these go; one without `{url}` is not used.
    until: of an ending one, as `day_text` writes it; goes where `{until}` stands.
    """
    words = template if "{url}" in template else _TEXTS.get((occasion, language), _TEXTS[occasion, "zh-CN"])
    return words.replace("{until}", until).replace("{hospital}", hospital).replace("{url}", url)
