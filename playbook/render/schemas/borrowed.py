"""What the readers of files accept, under the names used here: no list of keys or words is written twice."""

from __future__ import annotations

from playbook.load.casefile import _CARD_KEYS as CARD_KEYS
from playbook.load.casefile import _CASE_KEYS as CASE_KEYS
from playbook.load.casefile import _VARIANT_KEYS as VARIANT_KEYS
from playbook.load.casefile import _WHAT as EXPECTED_KEYS
from playbook.load.casefile import DAY
from playbook.load.casefile import STATUSES as CARD_STATUSES
from playbook.load.conditions import _RESERVED as RESERVED
from playbook.load.deal import _EVIDENCE as EVIDENCE
from playbook.load.deal import _NOTES as NOTES
from playbook.load.deal import _NOTES_KEYS as NOTES_KEYS
from playbook.load.deal import _TEAM_ENTITIES as TEAM_ENTITIES
from playbook.load.packs import _CHANGE_KEYS as CHANGE_KEYS
from playbook.load.packs import _PACK_KEYS as PACK_KEYS
from playbook.load.rulefile import _ADVISE_KEYS as ADVISE_KEYS
from playbook.load.rulefile import _ASK_KEYS as ASK_KEYS
from playbook.load.rulefile import _GUARD_KEYS as GUARD_KEYS
from playbook.load.rulefile import _ID as ID
from playbook.load.rulefile import _RULE_KEYS as RULE_KEYS
from playbook.model.values import _DAYS as DAY_UNITS
from playbook.model.values import _FALSE as FALSE
from playbook.model.values import _SCALES as SCALES
from playbook.model.values import _TRUE as TRUE
from playbook.model.values import _UNITS as UNITS
from playbook.model.values import _UNKNOWN as UNKNOWN

__all__ = [
    "ADVISE_KEYS", "ASK_KEYS", "CARD_KEYS", "CARD_STATUSES", "CASE_KEYS", "CHANGE_KEYS", "DAY", "DAY_UNITS",
    "EVIDENCE", "EXPECTED_KEYS", "FALSE", "GUARD_KEYS", "ID", "NOTES", "NOTES_KEYS", "PACK_KEYS", "RESERVED",
    "RULE_KEYS", "SCALES", "TEAM_ENTITIES", "TRUE", "UNITS", "UNKNOWN", "VARIANT_KEYS",
]  # fmt: skip
