"""K012, K013: a text that lacks one language, or says something else in it."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.check.book import Book
from playbook.errors import Finding
from playbook.model.rules import Rule
from playbook.model.texts import placeholders
from playbook.model.vocabulary import Text


def check(book: Book, rule: Rule) -> Iterator[Finding]:
    """Texts in one language beside texts in both, and placeholders that differ.

    A company may write one language only; then all its texts lack the other.
    """
    texts = [text for text in rule.texts() if text.zh or text.en]
    whole = not rule.pack or any(text.zh and text.en for text in texts)
    missing = dict.fromkeys(lang for text in texts for lang in ("zh", "en") if not getattr(text, lang))
    for lang in missing if whole else ():
        yield book.warn("K012", rule, lang=lang)
    for text in texts:
        if text.zh and text.en and (differing := _differing(text)):
            yield book.warn("K013", rule, names=", ".join(differing))


def _differing(text: Text) -> list[str]:
    zh, en = ({f"{p.alias}.{p.name}".rstrip(".") for p in placeholders(each)} for each in (text.zh, text.en))
    return sorted(zh ^ en)
