"""Each code is found on the file its page shows as bad, and not on the one it shows as good."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from playbook.advisor import Advisor
from playbook.check.book import Book
from playbook.check.pages import codes, page_of
from playbook.resources import data_text
from playbook.workbench import audit as audit_module
from playbook.workbench.audit import audit, unfireable


def found(folder: Path, files: dict[str, str], today) -> dict[str, str]:
    """The codes found in a pack, with their severity."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {finding.code: finding.severity for finding in audit([folder], today)}


class OwnRules(Book):
    """The rules of a company alone: enough where the code is not about how rules go together."""

    def __init__(self, rulebook, today):
        super().__init__(rulebook, today)
        self.rules = [rule for rule in self.rules if rule.pack]


SHOWN = [code for code in codes() if page_of(code).bad]


@pytest.mark.parametrize("code", [code for code in SHOWN if code != "K011"])
def test_the_bad_file_shows_it_and_the_good_one_does_not(code, tmp_path, today, monkeypatch):
    if not code.startswith("K"):
        monkeypatch.setattr(audit_module, "Book", OwnRules)
    if code not in ("R049", "R050", "R051"):  # the limits of the engine, which take a while to look at
        monkeypatch.setattr(audit_module, "check_limits", lambda rulebook: [])
    page = page_of(code)
    for name in ("bad", "good"):
        (tmp_path / name).mkdir()
    assert code in found(tmp_path / "bad", page.bad, today)
    good = found(tmp_path / "good", page.good, today)
    assert code not in good
    assert "error" not in good.values()


def test_a_rule_that_nothing_makes_fire_is_found_with_witnesses(tmp_path, today):
    page = page_of("K011")
    for name, files, wanted in (("bad", page.bad, ["K011"]), ("good", page.good, [])):
        folder = tmp_path / name
        folder.mkdir()
        assert "error" not in found(folder, files, today).values()
        advisor = Advisor.load([folder], today)
        ours = [rule for rule in advisor.rulebook.rules if rule.pack]
        assert [finding.code for finding in unfireable(advisor, lambda _, ours=ours: ours)] == wanted


@pytest.mark.parametrize("code", codes())
def test_a_page_says_what_and_why_in_both_languages(code):
    page = page_of(code)
    for text in (page.what, page.why):
        assert text.zh
        assert text.en
    assert bool(page.bad) == bool(page.good)
    assert not page.bad or page.bad != page.good


def test_every_code_about_rules_packs_tables_and_tests_has_a_page():
    assert {code for code in yaml.safe_load(data_text("messages.yaml")) if code[0] in "YRPKCT"} == set(codes())


def test_the_built_in_playbook_is_clean(today):
    assert [finding.text("en") for finding in audit([], today)] == []
