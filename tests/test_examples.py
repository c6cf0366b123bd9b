"""The bundled example deals: whole briefings in both languages, and what must hold in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from playbook.evaluate.engine import DurableEngine, load_module
from playbook.evaluate.reference import Reference
from playbook.load.deal import read_deal
from playbook.render.briefing import render

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.yaml"))


class TextSnapshot(SingleFileSnapshotExtension):
    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture
def snapshot(snapshot):
    return snapshot.use_extension(TextSnapshot)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_briefing(advisor, snapshot, example, lang):
    deal = read_deal(example, advisor.rulebook.vocabulary, advisor.today)
    audience = "manager" if not any(f.key == ("deal", 0, "stage") for f in deal.facts) else "rep"
    briefing = advisor.brief(deal, lang, audience)._replace(rulebook="of this version")
    assert render(briefing, "text") == snapshot


@pytest.mark.parametrize(
    ("example", "value_type"),
    [("inquiry-a-price", "intrinsic"), ("inquiry-b-guidance", "extrinsic"), ("inquiry-c-partnership", "strategic")],
)
def test_the_three_inquiries_classify_themselves(advisor, example, value_type):
    deal = read_deal(EXAMPLES[0].parent / f"{example}.yaml", advisor.rulebook.vocabulary, advisor.today)
    assert not any(fact.key == ("account", 0, "value_type") for fact in deal.facts)
    evaluation = advisor.evaluate(deal)
    fact = evaluation.memory.fact(("account", 0), "value_type")
    assert (fact.content, fact.origin) == (value_type, "concluded")


def test_a_late_deal_with_closed_gates(advisor):
    deal = read_deal(EXAMPLES[0].parent / "late-stage-closed-gates.yaml", advisor.rulebook.vocabulary, advisor.today)
    briefing = advisor.brief(deal)
    assert not any(gate.open for gate in briefing.gates)
    assert "cancel-private-meeting-during-tender-evaluation" in {briefing.card(i).rule for i in briefing.top}
    assert briefing.readiness.score < 30


@pytest.mark.skipif(load_module() is None, reason="durable_rules is not installed")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_both_engines_agree(rulebook, today, example):
    deal = read_deal(example, rulebook.vocabulary, today)
    durable = DurableEngine(rulebook, today, load_module()).evaluate(deal)
    naive = Reference(rulebook, today).evaluate(deal)
    assert durable.activations == naive.activations
    assert durable.memory.facts == naive.memory.facts


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_order_of_what_a_file_states_changes_nothing(advisor, tmp_path, example):
    import random

    import yaml

    def shuffled(node):
        if isinstance(node, dict):
            return {key: shuffled(node[key]) for key in chance.sample(list(node), len(node))}
        if isinstance(node, list) and all(isinstance(item, dict) for item in node):
            return [shuffled(item) for item in chance.sample(node, len(node))]
        return node

    chance = random.Random(example.stem)
    loaded = yaml.load(example.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    other = tmp_path / example.name
    other.write_text(yaml.safe_dump(shuffled(loaded), allow_unicode=True, sort_keys=False), encoding="utf-8")
    briefings = [
        advisor.brief(read_deal(path, advisor.rulebook.vocabulary, advisor.today), "zh") for path in (example, other)
    ]
    assert render(briefings[0], "json") == render(briefings[1], "json")
