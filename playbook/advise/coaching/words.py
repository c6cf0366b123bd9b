"""What `data/coaching.yaml` says, in the language of the reader."""

from __future__ import annotations

from typing import Any

from playbook.cache import cached
from playbook.resources import data_text


def coaching_data() -> dict[str, Any]:
    """The content of data/coaching.yaml."""
    return _data("coaching")


def skills_data() -> dict[str, Any]:
    """The content of data/skills.yaml."""
    return _data("skills")


def said(spec: dict[str, str], lang: str, **words: object) -> str:
    """A text of the data file in a language, filled in."""
    return spec[lang].format(**words)


def _data(name: str) -> dict[str, Any]:
    text = data_text(f"{name}.yaml")
    return cached(name, text, lambda: _load(text))


def _load(text: str) -> dict[str, Any]:
    import yaml

    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
