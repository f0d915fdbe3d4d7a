"""The SMS that says that an exam can be seen, or is registered. No diagnosis, no name, no exam: only who writes, and the link.

The hospital's name leads in the brackets that Chinese carriers ask of a signature. A space ends the link, so that phones find
its end. The token stands in the fragment: no server on the way sees it.
"""

from __future__ import annotations

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
}


def link_url(origin: str, token: str) -> str:
    """origin: `https://…` without a trailing slash."""
    return f"{origin}/e#t={token}"


def notice_text(occasion: str, language: str, *, hospital: str, url: str, template: str = "") -> str:
    """occasion: `released` or `registered`; language: the hospital's; an unknown one is written in Chinese.

    template: the hospital's own words, with `{hospital}` and `{url}` where these go; one without `{url}` is not used.
    """
    words = template if "{url}" in template else _TEXTS.get((occasion, language), _TEXTS[occasion, "zh-CN"])
    return words.replace("{hospital}", hospital).replace("{url}", url)
