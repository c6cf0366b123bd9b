"""The schemas of `parameters.yaml` and `clusters.yaml`."""

from __future__ import annotations

from playbook.load.rulefile import ID
from playbook.model.rulebook import Cluster, Parameter
from playbook.render.schemas import patterns
from playbook.render.schemas.parts import Parts, Schema

_PARAMETER = r"^[a-z][a-z0-9_]*$"


def parameters(parts: Parts) -> Schema:
    """Parameters by name: value, label, and the article of law that a legal one rests on."""
    bilingual = parts.bilingual()
    keys = [key for key in Parameter._fields if key != "name"]
    entry = parts.keys("parameter", keys, {"value": {"type": "number"}, "label": bilingual, "law": bilingual}, keys[:2])
    return _by_name(_PARAMETER, parts.ref("parameter", lambda: entry))


def clusters(parts: Parts) -> Schema:
    """Clusters by name: label in both languages, and how many cards a briefing shows."""
    keys = ("zh", "en", Cluster._fields[-1])
    limit = {"type": "integer", "minimum": 1}
    entry = parts.keys("cluster", keys, {"zh": parts.word(), "en": parts.word(), "limit": limit}, keys)
    return _by_name(patterns.whole(ID.pattern), parts.ref("cluster", lambda: entry))


def _by_name(pattern: str, entry: Schema) -> Schema:
    return {"type": "object", "propertyNames": {"pattern": pattern}, "additionalProperties": entry}
