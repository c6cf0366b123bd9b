"""The JSON of a briefing keeps its published contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from playbook.advise.briefing import Briefing
from playbook.load.deal import read_deal
from playbook.render.briefing import render
from playbook.render.schema import briefing_schema, model_of

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.yaml"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_fits_the_schema(advisor, example):
    deal = read_deal(example, advisor.rulebook.vocabulary, advisor.today)
    text = render(advisor.brief(deal, "en"), "json")
    assert model_of(Briefing).model_validate_json(text).model_dump(mode="json", exclude_unset=True) == json.loads(text)


def test_a_briefing_with_a_part_missing_or_added_does_not_fit(advisor):
    deal = read_deal(EXAMPLES[0], advisor.rulebook.vocabulary, advisor.today)
    good = json.loads(render(advisor.brief(deal), "json"))
    for bad in ({k: v for k, v in good.items() if k != "top"}, good | {"probability": 0.8}):
        with pytest.raises(ValidationError):
            model_of(Briefing).model_validate(bad)


def test_the_schema_names_its_version_and_the_statuses():
    schema = briefing_schema()
    assert schema["$id"] == "playbook-briefing-1"
    status = schema["$defs"]["Card"]["properties"]["status"]
    assert status["enum"] == ["shown", "clustered", "guarded", "other-audience", "done", "rested"]
