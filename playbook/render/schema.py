"""The contract of a briefing's JSON form: pydantic models made from the briefing's own definitions."""

from __future__ import annotations

from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from playbook.advise.briefing import VERSION, Briefing


@cache
def model_of(definition: type) -> type[BaseModel]:
    """A model that accepts exactly the JSON objects written for a `NamedTuple` of the briefing."""
    optional = {name for name, default in definition._field_defaults.items() if default is None}  # type: ignore[attr-defined]
    fields: dict[str, Any] = {
        name: (_json_type(hint), None if name in optional else ...) for name, hint in get_type_hints(definition).items()
    }
    config = ConfigDict(extra="forbid")
    return create_model(definition.__name__, __config__=config, __doc__=definition.__doc__, **fields)


def briefing_schema() -> dict[str, Any]:
    """The JSON Schema of `playbook brief --format json`, with the version in its `$id`."""
    return {"$id": f"playbook-briefing-{VERSION}", **model_of(Briefing).model_json_schema()}


def _json_type(hint: Any) -> Any:
    if hasattr(hint, "_fields"):
        return model_of(hint)
    if get_origin(hint) is tuple:
        return tuple[tuple(_json_type(each) for each in get_args(hint))]  # type: ignore[misc]
    if get_origin(hint) in (Union, UnionType):
        return Union[tuple(_json_type(each) for each in get_args(hint))]  # noqa: UP007 - made from data
    return hint
