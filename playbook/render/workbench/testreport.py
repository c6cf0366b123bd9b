"""Results and coverage of sidecar tests, as text for people and as JUnit XML for CI."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from playbook.advise.words.plain import PlainWords
from playbook.advise.words.wording import Wording
from playbook.model.rulebook import Rulebook
from playbook.render.report import tree, why_not
from playbook.workbench.testrun import Covered, Failure, Result


class TestReport:
    """Speaks of results in one language."""

    def __init__(self, rulebook: Rulebook, wording: Wording) -> None:
        self._rulebook = rulebook
        self._w = wording
        self._plain = PlainWords(wording, {name: p.value for name, p in rulebook.parameters.items()})

    def page(self, results: list[Result], measured: list[Covered], missing: bool) -> str:
        """What failed, the coverage (none measured: left out) and how many passed."""
        lines = [self.failed(result) for result in results if result.failures]
        if measured:
            lines.append(self.coverage(measured, missing))
        return "\n".join([*lines, self.summary(results)]) + "\n"

    def failed(self, result: Result) -> str:
        """A failing case: what was expected, what came, and why."""
        lines = [f"✗ {result.case.at}: {self._w.text(result.case.name)}"]
        for failure in result.failures:
            lines += [f"    {line}" for line in self.failure(failure).splitlines()]
        return "\n".join(lines)

    def failure(self, failure: Failure) -> str:
        pick = self._w.pick
        what = failure.what
        match failure.kind:
            case "fires":
                head = pick(f"应触发 {what}，但没有触发", f"{what} should fire and does not")
            case "silent":
                head = pick(f"不该触发 {what}，却触发了", f"{what} should stay silent and fires")
            case "concludes":
                head = pick(
                    f"{what}：应推出 {failure.expected}，实际是{failure.actual}",
                    f"{what}: should be concluded as {failure.expected}, is {failure.actual}",
                )
            case "card":
                expected, actual = pick("应为", "expected"), pick("实际", "actual  ")
                head = f"{what}\n  {expected}  {failure.expected}\n  {actual}  {failure.actual}"
        lines = [head]
        if failure.why_not is not None:
            lines += [f"  {line}" for line in self._why_not(failure).splitlines()]
        for branch in failure.why:
            lines += [f"  {line}" for line in tree(branch).splitlines()]
        return "\n".join(lines)

    def _why_not(self, failure: Failure) -> str:
        if failure.why_not is None:
            return ""
        return why_not(self._rulebook.rule_by_id[failure.what], failure.why_not, self._w)

    def summary(self, results: Iterable[Result]) -> str:
        found = list(results)
        failed = sum(bool(result.failures) for result in found)
        return self._w.pick(
            f"{len(found)} 个测试，{len(found) - failed} 个通过，{failed} 个失败",
            f"{len(found)} tests, {len(found) - failed} passed, {failed} failed",
        )

    def coverage(self, rules: list[Covered], missing: bool) -> str:
        """A line a rule file, a total, and with `missing` what no test shows, in words."""
        pick = self._w.pick
        files: dict[str, list[Covered]] = {}
        for each in rules:
            files.setdefault(each.rule.at.file, []).append(each)
        lines = [pick("覆盖  规则        条件        文件", "cover rules       conditions  file")]
        lines += [f"{_counts(group)}  {file}" for file, group in files.items()]
        if len(files) > 1:
            lines.append(f"{_counts(rules)}  {pick('合计', 'total')}")
        if missing:
            lines += [line for each in rules for line in self._missing(each)]
        return "\n".join(lines)

    def _missing(self, each: Covered) -> Iterable[str]:
        pick = self._w.pick
        rule = each.rule
        if not each.fired:
            yield f"{rule.at}: {rule.id}: " + pick("没有测试让它触发", "no test makes it fire")
        for number, condition in enumerate(rule.when):
            if number not in each.silenced:
                words = self._plain.condition(condition)
                yield f"{rule.at}: {rule.id}: " + pick(
                    f"没有测试因“{words}”不成立而不触发", f"no test keeps it silent by failing: {words}"
                )


def percentage(rules: Iterable[Covered]) -> float:
    """How much of rules and conditions is covered, 0 to 100."""
    parts = [each.parts for each in rules]
    there = sum(part[1] for part in parts)
    return 100 * sum(part[0] for part in parts) / there if there else 100.0


def _counts(group: list[Covered]) -> str:
    fired = f"{sum(each.fired for each in group)}/{len(group)}"
    conditions = f"{sum(len(each.silenced) for each in group)}/{sum(len(each.rule.when) for each in group)}"
    return f"{percentage(group):4.0f}%  {fired:<10}  {conditions:<10}"


def junit(results: Iterable[Result], report: TestReport) -> str:
    """JUnit XML: one suite a file, one case a case."""
    suites = ElementTree.Element("testsuites")
    files: dict[str, list[Result]] = {}
    for result in results:
        files.setdefault(result.case.at.file, []).append(result)
    for file, group in files.items():
        failed = sum(bool(result.failures) for result in group)
        attributes = {"name": file, "tests": str(len(group)), "failures": str(failed), "errors": "0"}
        suite = ElementTree.SubElement(suites, "testsuite", attributes)
        for result in group:
            name = result.case.name.zh or result.case.name.en
            place = {"classname": file, "name": name, "file": file, "line": str(result.case.at.line)}
            case = ElementTree.SubElement(suite, "testcase", place)
            for failure in result.failures:
                text = report.failure(failure)
                element = ElementTree.SubElement(case, "failure", {"message": text.splitlines()[0]})
                element.text = text
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"
