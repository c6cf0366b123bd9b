"""Names of deal files: the deal's name where it is the only one, with the customer or a number where not."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from playbook.load.crm.rows import Draft

_UNFIT = re.compile(r"[^\w()（）【】《》「」+&@,，、。·.~%=#-]+")
_EDGES = "-. =+@#~%&,，、·"
_LONGEST = 150  # bytes: file systems take 255, and a temporary name is longer
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


def file_names(drafts: Sequence[Draft], settled: Mapping[int, str], taken: Iterable[str]) -> list[str]:
    """A name for each draft. `settled` names some already (by position); `taken` are not to be used.

    Names that differ only in case are the same to some file systems.
    """
    bases = [_base(draft.name) or _base(" ".join(draft.key)) or "deal" for draft in drafts]
    counts = Counter(_folded(base) for n, base in enumerate(bases) if n not in settled)
    used = {_folded(name.removesuffix(".yaml")) for name in (*taken, *settled.values())}
    names = []
    for n, (draft, base) in enumerate(zip(drafts, bases, strict=True)):
        if n in settled:
            names.append(settled[n])
            continue
        if counts[_folded(base)] > 1 or _folded(base) in used:
            base = _cut(base, _LONGEST - 60) + (f"-{account}" if (account := _cut(_base(draft.account), 55)) else "")
        name, count = base, 1
        while _folded(name) in used:
            count += 1
            name = f"{base}-{count}"
        used.add(_folded(name))
        names.append(f"{name}.yaml")
    return names


def _base(text: str) -> str:
    """A text as the stem of a file name that every system takes."""
    stem = _UNFIT.sub("-", unicodedata.normalize("NFC", text))
    stem = _cut(re.sub("-{2,}", "-", stem).strip(_EDGES), _LONGEST)
    return f"{stem}-deal" if _folded(stem) in _DEVICES else stem


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore").rstrip("-. ")
