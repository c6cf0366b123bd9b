"""Findings as text for people, JSON, SARIF for code hosts, and annotations for GitHub's checks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from playbook import __version__
from playbook.errors import Finding

Form = Literal["text", "json", "sarif", "github"]
FORMS: tuple[Form, ...] = ("text", "json", "sarif", "github")
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SUMMARY = {
    "zh": ("没有发现问题", "{errors} 个错误，{warnings} 个提醒（playbook rules check --explain 代码 看说明）"),
    "en": ("nothing found", "{errors} errors, {warnings} warnings (playbook rules check --explain CODE says more)"),
}


def render_findings(findings: Sequence[Finding], form: Form, lang: str) -> str:
    """The findings in one form, ending with a line break."""
    if form == "json":
        return json.dumps([_as_dict(f, lang) for f in findings], ensure_ascii=False, indent=2) + "\n"
    if form == "sarif":
        return json.dumps(_sarif(findings, lang), ensure_ascii=False, indent=2) + "\n"
    if form == "github":
        return "".join(f"{_annotation(f, lang)}\n" for f in findings)
    return "".join(f"{f.text(lang)}\n" for f in findings) + _summary(findings, lang) + "\n"


def _summary(findings: Sequence[Finding], lang: str) -> str:
    none, some = _SUMMARY[lang]
    counts = Counter(finding.severity for finding in findings)
    return some.format(errors=counts["error"], warnings=counts["warning"]) if findings else none


def _as_dict(finding: Finding, lang: str) -> dict[str, Any]:
    at = finding.at
    return {
        "code": finding.code,
        "severity": finding.severity,
        "file": at.file,
        "line": at.line,
        "column": at.column,
        "message": finding.message(lang),
    }


def _annotation(finding: Finding, lang: str) -> str:
    """`::error file=…,line=…,col=…,title=…::message`, escaped as workflow commands ask."""
    at = finding.at
    place = f"file={_escaped(at.file)}" + (f",line={at.line},col={at.column}" if at.line else "")
    message = finding.message(lang).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{finding.severity} {place},title={finding.code}::{message}"


def _escaped(word: str) -> str:
    for mark, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        word = word.replace(mark, code)
    return word


def _sarif(findings: Sequence[Finding], lang: str) -> dict[str, Any]:
    codes = sorted({finding.code for finding in findings})
    driver = {"name": "playbook", "version": __version__, "rules": [{"id": code} for code in codes]}
    results = [
        {
            "ruleId": finding.code,
            "ruleIndex": codes.index(finding.code),
            "level": finding.severity,
            "message": {"text": finding.message(lang)},
            "locations": [{"physicalLocation": _physical(finding)}],
        }
        for finding in findings
    ]
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _physical(finding: Finding) -> dict[str, Any]:
    at = finding.at
    place: dict[str, Any] = {"artifactLocation": {"uri": at.file}}
    if at.line:
        place["region"] = {"startLine": at.line, "startColumn": max(at.column, 1)}
    return place
