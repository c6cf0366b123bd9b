"""What every test may ask for: the vocabulary, the day of evaluation and the built-in rulebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
import yaml

from playbook.advise.briefing import Briefing
from playbook.advisor import Advisor
from playbook.check.checked import load_rulebook
from playbook.load.deal import parse_deal
from playbook.model.facts import Deal
from playbook.model.rulebook import Rulebook
from playbook.model.vocabulary import Vocabulary, build_vocabulary
from playbook.resources import data_text


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests leave the user's cache alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYBOOK_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return build_vocabulary(yaml.safe_load(data_text("vocabulary.yaml")))


@pytest.fixture(scope="session")
def today() -> date:
    return date(2026, 11, 21)


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The built-in rulebook, loaded once for the session."""
    return load_rulebook()


@pytest.fixture(scope="session")
def advisor(today: date) -> Advisor:
    """The built-in playbook with the default engine."""
    return Advisor.load(today=today)


@pytest.fixture
def deal_of(advisor: Advisor) -> Callable[[str], Deal]:
    """A deal from YAML text."""
    return lambda text: parse_deal(text, advisor.rulebook.vocabulary, advisor.today)


@pytest.fixture
def brief(advisor: Advisor, deal_of: Callable[[str], Deal]) -> Callable[..., Briefing]:
    """The briefing of a deal given as YAML text."""

    def make(text: str, lang: str = "zh", audience: str = "rep") -> Briefing:
        return advisor.brief(deal_of(text), lang, audience)

    return make
