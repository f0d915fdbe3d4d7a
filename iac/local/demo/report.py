"""The report that the demo's RIS delivers: an audited one, by the agent's HTTP source."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from iac.local.demo.study import DemoStudy
from iac.local.errors import DemoError
from iac.local.ports import LOOPBACK

FINDINGS = (
    "胸廓对称，气管居中。右肺上叶见一实性结节，直径约9 mm，边界清楚，无分叶及毛刺。余肺野清晰，肺纹理走行自然，未见实变影。\n"
    "气管及各级支气管通畅。纵隔及双侧肺门未见肿大淋巴结。心影大小正常，心包未见积液。双侧胸腔未见积液。\n"
    "扫描范围内骨质未见明显异常。"
)
IMPRESSION = "1. 右肺上叶实性结节，约9 mm，建议3个月后复查胸部CT。\n2. 余胸部CT平扫未见明显异常。"
OTHER_FINDINGS = "图像已按要求采集，质量满足诊断要求。本段文字由演示程序生成，不代表对图像的判读。"
OTHER_IMPRESSION = "演示报告，仅用于展示流程。"


def audited_report(study: DemoStudy, *, tenant: str, phone: str, now: datetime) -> dict[str, Any]:
    """A report.v1 document for the study; it describes the phantom only where the phantom was sent."""
    facts = study.facts
    times = {
        name: _iso(now - timedelta(minutes=before))
        for name, before in (("examined_at", 40), ("reported_at", 12), ("audited_at", 1))
    }
    return {
        "schema": "report.v1",
        "tenant": tenant,
        "patient": {
            "id": facts.patient_id,
            "issuer": facts.issuer,
            "name": facts.name,
            "sex": facts.sex,
            "birth_date": facts.birth_date,
            "phone": phone,
        },
        "accession_number": facts.accession_number,
        "study_uids": list(facts.study_uids),
        "state": "audited",
        "version": 1,
        "item": facts.item,
        "modality": facts.modality,
        "findings": FINDINGS if study.invented else OTHER_FINDINGS,
        "impression": IMPRESSION if study.invented else OTHER_IMPRESSION,
        "people": [{"role": "reporter", "name": "李明"}, {"role": "auditor", "name": "王芳"}],
        "language": "zh-CN",
        **times,
    }


def deliver(report: dict[str, Any], port: int) -> None:
    """POST it to the agent. Raises DemoError with the agent's answer when it does not take it."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
    try:
        body = json.dumps(report, ensure_ascii=False).encode()
        connection.request("POST", "/reports", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read(4096).decode("utf-8", "replace")
    except OSError as error:
        raise DemoError(text=f"The agent took no report: {error}.", todo="See its log in .lightbox/logs/agent.log.") from None
    finally:
        connection.close()
    if answer.status >= 300:
        raise DemoError(
            text=f"The agent refused the report ({answer.status}): {said}", todo="See its log in .lightbox/logs/agent.log."
        )


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
