"""The built-in rules as content: complete, in both languages, fit to be read."""

from __future__ import annotations

import re

import pytest

from playbook.advise.advice import SUMMARY
from playbook.model.rules import Rule
from playbook.model.texts import placeholders
from playbook.model.vocabulary import Text


def texts_of(rule: Rule):
    """Every text of a rule by the name of its key."""
    yield "title", rule.title
    for name, output in (("advise", rule.advise), ("ask", rule.ask), ("guard", rule.guard)):
        for key in ("do", "why", "say", "question", "whom", "reason"):
            text = getattr(output, key, None) if output else None
            if isinstance(text, Text) and (text.zh or text.en):
                yield f"{name}.{key}", text


def test_every_entry_of_the_five_documents_has_a_rule(rulebook):
    encoded = {tactic for rule in rulebook.rules for tactic in rule.source}
    assert len(rulebook.tactics) == 410
    assert encoded == set(rulebook.tactics)


def test_the_guards_of_the_method_are_there(rulebook):
    guarding = {tactic for rule in rulebook.rules if rule.guard for tactic in rule.source}
    assert {
        "S1-int-12-warn-overinvest",
        "S1-ext-09-warn-discount-first",
        "S2-warn-01-lawful-insider",
        "S2-case-09-courtesy-within-limits",
        "S2-bid-18-no-private-negotiation",
        "S3-tac-01-transactional-value-for-money",
        "S3-warn-01-no-hard-closing",
    } <= guarding


def test_every_text_is_there_in_both_languages_with_the_same_placeholders(rulebook):
    for rule in rulebook.rules:
        for key, text in texts_of(rule):
            assert text.zh, (rule.id, key)
            assert text.en, (rule.id, key)
            zh, en = ({(p.alias, p.name) for p in placeholders(t)} for t in (text.zh, text.en))
            assert zh == en, (rule.id, key)


def test_chinese_texts_are_chinese_and_english_ones_english(rulebook):
    for rule in rulebook.rules:
        for key, text in texts_of(rule):
            zh = re.sub(r"\{\{.*?\}\}", "", text.zh)
            en = re.sub(r"\{\{.*?\}\}", "", text.en)
            assert re.search("[一-鿿]", zh) or not zh.strip(), (rule.id, key)
            assert not re.search("[一-鿿]", en), (rule.id, key)
            assert not re.search("[,;:?!]", re.sub("[0-9][,:][0-9]", "", zh)), (rule.id, key, "half-width mark")


def test_advice_fits_on_a_card(rulebook):
    for rule in rulebook.rules:
        if rule.advise:
            zh = re.sub(r"\{\{.*?\}\}", "某某某", rule.advise.do.zh)
            assert len(zh) <= SUMMARY, (rule.id, len(zh))


def test_a_percentage_is_not_followed_by_a_second_sign(rulebook):
    for rule in rulebook.rules:
        for key, text in texts_of(rule):
            for match in re.finditer(r"\{\{ (\w+)\.(\w+)[^}]*\}\}\s*%", text.zh + text.en):
                field = rulebook.vocabulary.field(f"{match[1]}.{match[2]}")
                assert not (field and field.unit == "percent"), (rule.id, key)


def test_every_rule_that_advises_names_its_source(rulebook):
    for rule in rulebook.rules:
        if rule.advise or rule.ask or rule.guard:
            assert rule.source, rule.id


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_legal_parameters_carry_their_article(rulebook, lang):
    legal = [p for p in rulebook.parameters.values() if p.law.get(lang)]
    assert {p.name for p in legal} >= {"bid_period_days", "performance_bond_max_pct", "contract_signing_days"}
    assert all(re.search(r"\d|第|办法|Rules", p.law.get(lang)) for p in legal)


def test_a_question_says_truly_whom_it_deals_with(rulebook):
    """A guard holds back what deals with the customer; our own people and the agent are nobody's secret contact."""
    ours = re.compile("^(我方|我们的?|本公司|自己|查|招标代理|书面问招标代理|销售)")
    for rule in rulebook.rules:
        if rule.ask and ours.match(rule.ask.whom.zh):
            assert rule.ask.party != "customer", rule.id
        if rule.ask and rule.ask.party == "agent":
            assert "代理" in rule.ask.whom.zh, rule.id
