"""A draft as the mapping of a deal file, its facts with the evidence that the map wants."""

from __future__ import annotations

from typing import Any

from playbook.load.crm.crmdata import plain_fields, undated, words
from playbook.load.crm.fieldmap import FieldMap
from playbook.load.crm.rows import Draft
from playbook.model.vocabulary import Field, Lang, Vocabulary

_TEXTS = ("string", "list")


def deal_of(draft: Draft, field_map: FieldMap, vocabulary: Vocabulary, file: str, lang: Lang) -> dict[str, Any]:
    """The mapping of a deal file (see `dealwriter`), facts with their evidence where the map wants it."""
    source = (field_map.evidence.source.get(lang) or words("source").get(lang)).replace("{file}", file)
    deal: dict[str, Any] = {}
    for key, value in draft.facts.items():
        found = vocabulary.field(key)
        if found is not None:
            section = deal.setdefault(found.entity, {})
            section[found.name] = _with_evidence(draft, found, value, source, field_map, lang)
    deal["stakeholders"], deal["competitors"] = draft.people, draft.rivals
    deal["notes"] = "\n".join(draft.notes)
    return {key: content for key, content in deal.items() if content}


def _with_evidence(draft: Draft, found: Field, value: Any, source: str, field_map: FieldMap, lang: Lang) -> Any:
    evidence = field_map.evidence
    by_default = found.type not in _TEXTS and found.key not in plain_fields()
    wanted = found.key in evidence.fields if evidence.fields else by_default
    if not evidence.is_wanted or not wanted or found.since or found.key not in draft.sources:
        return value
    amount, rate = draft.sources[found.key]
    if amount:
        form = words("converted").get(lang)
        source = form.replace("{source}", source).replace("{amount}", amount).replace("{rate}", rate)
    dated = draft.day is not None and found.key not in undated()
    return {"value": value, "source": source, **({"date": draft.day} if dated else {})}
