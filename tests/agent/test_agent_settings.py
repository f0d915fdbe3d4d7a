"""One file, and an error in it names file, line, key and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent.config import load, table
from edge_agent.errors import SettingsMalformed, SettingsWrong

DOCS = Path(__file__).parents[2] / "docs"
GOOD = "cloud:\n  url: https://cloud.example/api\nspool:\n  folder: spool\n"


@pytest.fixture
def file(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "agent.yaml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_the_least_file_has_every_default(file, tmp_path):
    settings = load(file(GOOD))
    assert settings.spool.folder == tmp_path / "spool"
    assert (settings.dicom.port, settings.dicom.ae_title, settings.upload.workers) == (11112, "LIGHTBOX", 4)
    assert settings.reports.http_host == "127.0.0.1"


def test_given_values_are_taken(file):
    reports = "reports: {http: false, folder: ~}\n"
    settings = load(file(GOOD + "upload: {workers: 8}\ncompleteness: {quiet_s: 3}\ndicom: {ae_title: 'CT 1'}\n" + reports))
    assert (settings.upload.workers, settings.completeness.quiet_s, settings.reports.http) == (8, 3.0, False)
    assert (settings.reports.folder, settings.dicom.ae_title) == (None, "CT 1")


WRONG = {
    "missing key": ("cloud: {}\nspool: {folder: x}\n", 1, "cloud.url", "must be set"),
    "missing section": ("spool: {folder: x}\n", 1, "cloud.url", "must be set"),
    "unknown key": (GOOD + "upload:\n  worker: 3\n", 6, "upload.worker", "did you mean workers?"),
    "unknown section": (GOOD + "uplaod:\n  workers: 3\n", 5, "uplaod", "did you mean upload"),
    "twice": (GOOD + "upload:\n  workers: 3\n  workers: 4\n", 7, "upload.workers", "given twice"),
    "not a number": (GOOD + "upload:\n\n  workers: many\n", 7, "upload.workers", "a whole number is needed, not 'many'"),
    "a fraction": (GOOD + "upload: {workers: 1.5}\n", 5, "upload.workers", "a whole number"),
    "yes for a number": (GOOD + "upload: {workers: yes}\n", 5, "upload.workers", "a whole number"),
    "out of range": (GOOD + "dicom:\n  port: 70000\n", 6, "dicom.port", "allowed: 0 to 65535"),
    "unit in the error": (GOOD + "completeness:\n  quiet_s: 0\n", 6, "completeness.quiet_s", "allowed: 0.1 to 86400 s"),
    "AE title too long": (GOOD + "dicom:\n  ae_title: ABCDEFGHIJKLMNOPQ\n", 6, "dicom.ae_title", "1 to 16"),
    "no URL": ("cloud:\n  url: cloud.example\nspool:\n  folder: x\n", 2, "cloud.url", "https://"),
    "a URL that others can listen to": (GOOD.replace("https", "http"), 2, "cloud.url", "http:// only to this machine"),
    "a host that only looks like this one": (
        GOOD.replace("https://cloud", "http://127.0.0.1.cloud"),
        2,
        "cloud.url",
        "http:// only to this machine",
    ),
    "a list": (GOOD + "dicom:\n  ae_title: [A]\n", 6, "dicom.ae_title", "text is needed"),
    "a scalar section": (GOOD + "dicom: 7\n", 5, "dicom", "keys and values"),
    "empty": ("", 1, "cloud.url", "must be set"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_error_names_file_line_key_and_what_is_allowed(file, name):
    """An operator at night must find the place without reading our code."""
    text, line, key, words = WRONG[name]
    path = file(text)
    with pytest.raises(SettingsWrong) as wrong:
        load(path)
    assert wrong.value.details["line"] == line
    assert wrong.value.details["key"] == key
    assert words in wrong.value.details["problem"]
    assert str(wrong.value).startswith(f"{path}, line {line}: {key}: ")


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        (GOOD + "dicom:\n  port: 70000\n", "dicom.port：不允许 '70000'；允许：0 至 65535。"),
        (GOOD + "completeness:\n  remember_days: 0\n", "允许：0.01 至 365 天。"),
        (GOOD.replace("https", "http"), "允许：https://主机[:端口][/路径]；http:// 仅限本机（localhost、127.0.0.1）。"),
        (GOOD + "upload:\n  worker: 3\n", "没有此项（是否为 workers？）"),
        ("cloud: {}\nspool: {folder: x}\n", "cloud.url：必须设置（云端接口的地址；"),
        (GOOD + "dicom:\n\tport: 1\n", "第 6 行：YAML 语法错误，缩进请用空格，不能用制表符。"),
    ],
)
def test_the_chinese_of_an_error_is_chinese(file, text, zh):
    with pytest.raises(SettingsWrong) as wrong:
        load(file(text))
    assert zh in wrong.value.line()
    assert "-：" not in wrong.value.line()
    assert "?." not in wrong.value.line()
    assert "？。" not in wrong.value.line()


def test_what_is_not_yaml_is_named_by_its_line_alone(file):
    """There is no key yet; a dash in its place was taken for one."""
    path = file(GOOD + "dicom: {\n")
    with pytest.raises(SettingsMalformed) as wrong:
        load(path)
    assert str(wrong.value).startswith(f"{path}, line 6: not YAML: ")


def test_the_first_of_several_faults_says_how_all_are_seen(file):
    text = GOOD + "upload: {workers: 0, ask_s: x}\n"
    with pytest.raises(SettingsWrong) as wrong:
        load(file(text))
    assert "Run doctor for all 2 faults." in wrong.value.line()
    assert "共 2 处错误，运行 doctor 可查看全部。" in wrong.value.line()
    with pytest.raises(SettingsWrong) as alone:
        load(file(text.replace(", ask_s: x", "")))
    assert "doctor" not in alone.value.line()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/api", "http://localhost:9", "http://[::1]:9", "https://cloud.example"])
def test_plain_http_is_for_this_machine_only(file, url):
    assert load(file(f"cloud: {{url: '{url}'}}\nspool: {{folder: x}}\n")).cloud.url == url


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsWrong, match="No such file"):
        load(tmp_path / "no.yaml")


@pytest.mark.parametrize(("guide", "language"), [("agent.md", "en"), ("agent.zh-CN.md", "zh")])
def test_the_documentation_lists_every_key_as_the_code_has_it(guide, language):
    assert table(language) in (DOCS / guide).read_text("utf-8")
