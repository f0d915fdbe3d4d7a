"""The report that the demo's RIS delivers: an audited one, by the agent's HTTP source."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from iac.local.demo.hospital import ZONE
from iac.local.demo.study import BETWEEN, DemoStudy
from iac.local.errors import DemoError
from iac.local.ports import LOOPBACK

# Item: what is found, and the opinion. Only for series that the demo sends itself; the patient and every word are invented.
WRITTEN = {
    "胸部CT平扫": (
        "胸廓对称，气管居中。右肺上叶见一实性结节，直径约9 mm，边界清楚，无分叶及毛刺。余肺野清晰，肺纹理走行自然，未见实变影。\n"
        "气管及各级支气管通畅。纵隔及双侧肺门未见肿大淋巴结。心影大小正常，心包未见积液。双侧胸腔未见积液。\n"
        "扫描范围内骨质未见明显异常。",
        "右肺上叶实性结节，约9 mm，建议3个月后复查胸部CT。余胸部CT平扫未见明显异常。",
    ),
    "上腹部CT增强": (
        "门静脉期扫描。扫描范围内肝脏形态、大小未见明显异常，实质强化均匀，肝内外胆管未见扩张。门静脉主干及主要分支充盈良好。\n"
        "脾脏不大，强化均匀。胰腺形态自然，胰管未见扩张。双肾强化对称，未见积水。腹膜后未见肿大淋巴结，未见腹水。",
        "上腹部CT增强（门静脉期）扫描范围内未见明显异常。",
    ),
    "颅脑MR平扫": (
        "横断位质子密度加权像。双侧大脑半球对称，灰白质分界清楚，脑实质内未见明显异常信号。脑室、脑池形态、大小正常，脑沟不宽，"
        "中线结构居中。\n"
        "小脑及脑干未见明显异常信号。扫描范围内颅骨未见明显异常。",
        "颅脑MR平扫（质子密度加权）未见明显异常。",
    ),
}
INVENTED = "（演示文字：患者与报告内容均为虚构，不用于诊断。）"
OTHER_FINDINGS = "图像已按要求采集，质量满足诊断要求。本段文字由演示程序生成，不代表对图像的判读。"
OTHER_IMPRESSION = "演示报告，仅用于展示流程。"
SEE_LOG = "See its log in .lightbox/logs/agent.log."
REPORTED_AFTER, AUDITED_AFTER = timedelta(minutes=28), timedelta(minutes=39)


def audited_report(study: DemoStudy, *, tenant: str, phone: str, now: datetime) -> dict[str, Any]:
    """A report.v1 document for the study; it describes images only where the demo sent its own."""
    facts = study.facts
    findings, impression = _described(study)
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
        "findings": findings,
        "impression": impression,
        "people": [{"role": "reporter", "name": "李明"}, {"role": "auditor", "name": "王芳"}],
        "language": "zh-CN",
        **_times(facts.examined, now),
    }


def _described(study: DemoStudy) -> tuple[str, str]:
    """Findings and impression: a part for each item that was sent."""
    if not study.invented:
        return OTHER_FINDINGS, OTHER_IMPRESSION
    parts = [(item, *WRITTEN[item]) for item in study.facts.item.split(BETWEEN)]
    findings = "\n".join(f"【{item}】\n{found}" for item, found, _ in parts)
    impression = "\n".join(f"{place}. {opinion}" for place, (_, _, opinion) in enumerate(parts, 1))
    return findings, f"{impression}\n{INVENTED}"


def _times(examined: datetime | None, now: datetime) -> dict[str, str]:
    """When it was examined, as the images say, reported and audited: in this order, none after `now`."""
    start = examined.replace(tzinfo=ZONE).astimezone(UTC) if examined else now - AUDITED_AFTER
    start = min(start, now)  # a scanner's clock may be fast
    return {
        "examined_at": utc(start),
        "reported_at": utc(min(start + REPORTED_AFTER, now)),
        "audited_at": utc(min(start + AUDITED_AFTER, now)),
    }


def deliver(report: dict[str, Any], port: int) -> None:
    """Hand it to the agent. Raises as `to_agent`."""
    to_agent(report, "/reports", port)


def to_agent(document: dict[str, Any], path: str, port: int) -> None:
    """POST it to the agent. Raises DemoError with the agent's answer when it does not take it."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
    try:
        body = json.dumps(document, ensure_ascii=False).encode()
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read(4096).decode("utf-8", "replace")
    except OSError as error:
        raise DemoError(text=f"The agent did not take {path}: {error}.", todo=SEE_LOG) from None
    finally:
        connection.close()
    if answer.status >= 300:
        raise DemoError(text=f"The agent refused {path} ({answer.status}): {said}", todo=SEE_LOG)


def utc(time: datetime) -> str:
    """ISO UTC, whole seconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
