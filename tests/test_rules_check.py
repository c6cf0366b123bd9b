"""`playbook rules check` as a sales manager meets it: one understandable line for each mistake, at its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from playbook.check.pages import codes
from playbook.cli import cli
from playbook.render.docs.codepages import render_all

GOOD = """\
- id: ask-finance-about-funds
  title: {zh: 资金没问清, en: Funds not clear}
  owner: 华东大客户部
  when:
    - deal: {stage: design..commitment, amount_cny: "> 800万"}
    - account: {funds_status: [unknown, tight]}
  advise:
    kind: action
    priority: high
    due: 7d
    do: {zh: 三天内请财务科长确认这笔钱哪天到账。, en: Ask the head of finance when the money arrives.}
    why: {zh: 没有钱就没有项目。, en: No money and no project.}
"""
SECOND = GOOD.replace("funds_status: [unknown, tight]", "credit_rating: unknown").replace("财务科长", "老客户")

MISTAKES = {
    "a misspelt field": ("funds_status", "fund_status", "6:17: R015 “客户”没有“fund_status”字段"),
    "a Chinese comma in a list": ("[unknown, tight]", "[unknown，tight]", "6:31: Y008 这里的“，”是中文标点"),
    "a Chinese comma between fields": ("commitment, amount", "commitment， amount", "5:39: Y008 这里的“，”是中文标点"),
    "Chinese quotes": ('"> 800万"', "“> 800万”", "5:53: Y008 这里的““”是中文标点"),
    "a Chinese colon": ("title:", "title：", "2:8: Y008 这里的“：”是中文标点"),
    "a tab": ("    kind: action", "\tkind: action", "8:1: Y007 这里用了制表符 Tab"),
    "an indent too small": ("    due: 7d", "   due: 7d", "10:4: Y016 这一行的缩进"),
    "an indent too large": ("    due: 7d", "     due: 7d", "10:9: Y011"),
    "no space after a colon": ("kind: action", "kind:action", "8:9: Y009 冒号后面要空一格"),
    "a date in words": ("stage: design..commitment", "expected_decision_date: 下个月", "5:38: R030 “下个月”不是"),
    "a missing English text": (", en: No money and no project.", "", "1:3: K012 规则 ask-finance-about-funds"),
    "a value from another list": ("stage: design..commitment", "stage: tight", "5:21: R028 “tight”不是当前采购阶段"),
    "a contradiction": (
        "stage: design..commitment",
        "stage: need}\n    - deal: {stage: design",
        "6:7: K001 规则 ask-finance-about-funds 永远不会触发：“deal.stage: need”（第 5 行）与“deal.stage: design”",
    ),
    "a number in words": ("> 800万", "> 八百万", "5:53: R030 “八百万”不是预计金额(元)的值（应是数字，如 350万"),
}  # fmt: skip


def check(*arguments: str):
    return CliRunner().invoke(cli, ["rules", "check", *map(str, arguments)])


def write(folder: Path, text: str) -> Path:
    path = folder / "ours.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_has_nothing_wrong(tmp_path):
    result = check(write(tmp_path, GOOD))
    assert result.exit_code == 0
    assert result.stdout == "没有发现问题\n"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gives_one_line_at_its_place(tmp_path, mistake):
    good, bad, told = MISTAKES[mistake]
    assert good in GOOD
    path = write(tmp_path, GOOD.replace(good, bad, 1))
    result = check(path)
    assert result.exit_code == 1
    line, summary = result.stdout.splitlines()
    assert line.startswith(f"{path}:{told}")
    assert summary.startswith(("1 个错误，0 个提醒", "0 个错误，1 个提醒"))
    english = check(path, "--lang", "en").stdout
    assert line.split(" ")[0] in english
    assert "1 errors, 0 warnings" in english or "0 errors, 1 warnings" in english


def test_a_copied_id_names_both_places(tmp_path):
    path = write(tmp_path, GOOD + SECOND)
    line = check(path).stdout.splitlines()[0]
    assert line.startswith(f"{path}:13:3: R043 规则编号 ask-finance-about-funds 重复，已在 {path}:1:3 出现")


def test_all_findings_come_at_once_in_the_order_of_places(tmp_path):
    text = GOOD.replace("funds_status", "fund_status").replace("kind: action", "kind: acton").replace("7d", "soon")
    lines = check(write(tmp_path, text)).stdout.splitlines()
    assert [line.split(" ")[1] for line in lines[:-1]] == ["R015", "R010", "R042"]


def test_paths_narrow_the_findings(tmp_path):
    (tmp_path / "pack").mkdir()
    good, bad = tmp_path / "pack" / "good.yaml", tmp_path / "pack" / "bad.yaml"
    good.write_text(GOOD, encoding="utf-8")
    bad.write_text(GOOD.replace("ask-finance-about-funds", "other-rule").replace("funds_status", "fund"), "utf-8")
    pack = ["--rules", str(tmp_path / "pack")]
    assert check(good, *pack).stdout == "没有发现问题\n"
    assert "R015" in check(bad, *pack).stdout
    assert "R015" in check(tmp_path / "pack").stdout


def test_a_file_of_the_built_in_pack_is_checked_where_it_stands(monkeypatch):
    monkeypatch.chdir(Path(__file__).parent.parent)
    assert check("rules/gates/gates.yaml").stdout == "没有发现问题\n"


def test_json_holds_place_severity_and_message(tmp_path):
    path = write(tmp_path, GOOD.replace("funds_status", "fund_status"))
    (found,) = json.loads(check(path, "--format", "json").stdout)
    place = {key: found[key] for key in ("code", "severity", "file", "line", "column")}
    assert place == {"code": "R015", "severity": "error", "file": str(path), "line": 6, "column": 17}
    assert found["message"].startswith("“客户”没有“fund_status”字段")


def test_sarif_as_code_hosts_read_it(tmp_path):
    path = write(tmp_path, GOOD.replace(", en: No money and no project.", ""))
    log = json.loads(check(path, "--format", "sarif", "--lang", "en").stdout)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]] == {"id": "K012"}
    assert result["level"] == "warning"
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": str(path)}
    assert location["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 3}


def test_github_annotations_are_escaped(tmp_path):
    folder = tmp_path / "a,b:c%"
    folder.mkdir()
    path = write(folder, GOOD.replace("funds_status", "fund_status"))
    (line,) = check(path, "--format", "github").stdout.splitlines()
    place = str(path).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    assert line.startswith(f"::error file={place},line=6,col=17,title=R015::“客户”没有“fund_status”字段")


def test_a_code_is_explained_with_an_example():
    result = check("--explain", "k002", "--lang", "en")
    assert result.exit_code == 0
    assert result.stdout.startswith("## K002\n")
    assert "stage: design..evaluation" in result.stdout
    result = check("--explain", "K02")
    assert result.exit_code == 2
    assert "U014 没有代码“K02”" in result.stderr


def test_the_documentation_holds_every_page_as_it_is():
    docs = Path(__file__).parent.parent / "docs"
    for lang, name in (("en", "codes.md"), ("zh", "codes.zh-CN.md")):
        assert (docs / name).read_text(encoding="utf-8") == render_all(lang)
        assert [line[3:] for line in render_all(lang).splitlines() if line.startswith("## ")] == codes()
