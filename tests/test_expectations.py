"""The example deals against what an experienced sales director would put on top, show and never show."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbook.advise.briefing import Briefing, Card
from playbook.load.deal import read_deal

ROOT = Path(__file__).parent.parent
EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load(
    (ROOT / "tests" / "data" / "expectations.yaml").read_text(encoding="utf-8")
)
SECTIONS = {"top": "want", "shown": "want", "never": "what"}
KEYS = {
    "top": {"want", "within", "any_of"},
    "shown": {"want", "any_of"},
    "never": {"what", "within", "any_of", "except", "text"},
}


def expectations(section: str) -> list[Any]:
    """Every expectation of a section as a test case named after its deal and its words."""
    return [
        pytest.param(deal, each, id=f"{Path(deal).stem}: {each[SECTIONS[section]]}")
        for deal, expected in EXPECTED.items()
        for each in expected[section]
    ]


@pytest.fixture(scope="module")
def sheet(advisor):
    """The Chinese briefing of an example, for the audience that its expectations name."""

    @cache
    def make(deal: str) -> Briefing:
        facts = read_deal(ROOT / deal, advisor.rulebook.vocabulary, advisor.today)
        return advisor.brief(facts, "zh", EXPECTED[deal]["for"])

    return make


def on_sheet(briefing: Briefing) -> list[Card]:
    """The cards that a reader sees, best first; guards and derived facts are no advice."""
    return [c for c in briefing.activations if c.status == "shown" and c.kind not in ("guard", "conclusion")]


def first(briefing: Briefing, number: int) -> list[Card]:
    """The top three, then the action cards in the order of the sheet."""
    return [briefing.card(ident) for ident in (*briefing.top, *briefing.actions)][:number]


def meets(card: Card, any_of: dict[str, list[str]]) -> bool:
    tactics = any_of.get("tactics", [])
    return (
        card.rule in any_of.get("rules", [])
        or card.cluster in any_of.get("clusters", [])
        or any(fnmatchcase(source, tactic) for source in card.source for tactic in tactics)
    )


def told(cards: list[Card]) -> str:
    return "\n".join(f"  {n}. {c.rule} [{c.status} {c.score}] {c.title}: {c.do}" for n, c in enumerate(cards, 1))


def whereabouts(briefing: Briefing, any_of: dict[str, list[str]]) -> str:
    """What became of the cards that would have met an expectation."""
    cards = [card for card in briefing.activations if card.kind != "conclusion" and meets(card, any_of)]
    return told(cards) or "  no such rule fired"


@pytest.mark.parametrize(("deal", "expected"), expectations("top"))
def test_what_matters_most_stands_on_top(sheet, deal, expected):
    briefing = sheet(deal)
    cards = first(briefing, expected["within"])
    assert any(meets(card, expected["any_of"]) for card in cards), (
        f"{expected['want']}\nstands instead:\n{told(cards)}\nmeant:\n{whereabouts(briefing, expected['any_of'])}"
    )


@pytest.mark.parametrize(("deal", "expected"), expectations("shown"))
def test_what_belongs_to_the_deal_is_on_the_sheet(sheet, deal, expected):
    briefing = sheet(deal)
    assert any(meets(card, expected["any_of"]) for card in on_sheet(briefing)), (
        f"{expected['want']}\nmeant:\n{whereabouts(briefing, expected['any_of'])}"
    )


@pytest.mark.parametrize(("deal", "expected"), expectations("never"))
def test_what_would_do_harm_is_not_advised(sheet, deal, expected):
    briefing = sheet(deal)
    cards = first(briefing, expected["within"]) if "within" in expected else on_sheet(briefing)
    welcome = expected.get("except", [])
    wrong = [
        card
        for card in cards
        if (card.rule not in welcome and meets(card, expected.get("any_of", {})))
        or any(piece in text for piece in expected.get("text", []) for text in (card.do, card.say))
    ]
    assert not wrong, f"{expected['what']}\n{told(wrong)}"


def test_every_example_has_its_expectations():
    examples = {f"examples/{path.name}" for path in (ROOT / "examples").glob("*.yaml")}
    assert set(EXPECTED) == examples
    for deal, expected in EXPECTED.items():
        assert set(expected) == {"for", *SECTIONS}, deal
        assert expected["for"] in ("rep", "manager", "coach"), deal
        assert sum(each["within"] == 3 for each in expected["top"]) >= 2, deal
        assert len(expected["shown"]) >= 2, deal
        assert len(expected["never"]) >= 2, deal


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("deal", EXPECTED)
def test_expectations_name_rules_tactics_and_clusters_that_exist(rulebook, deal, section):
    for each in EXPECTED[deal][section]:
        words = each[SECTIONS[section]]
        assert set(each) <= KEYS[section], words
        assert each.get("any_of") or each.get("text"), words
        any_of = each.get("any_of", {})
        assert set(any_of) <= {"rules", "tactics", "clusters"}, words
        for rule in [*any_of.get("rules", []), *each.get("except", [])]:
            assert rule in rulebook.rule_by_id, (words, rule)
        for tactic in any_of.get("tactics", []):
            assert any(fnmatchcase(ident, tactic) for ident in rulebook.tactics), (words, tactic)
        for cluster in any_of.get("clusters", []):
            assert cluster in rulebook.clusters, (words, cluster)
