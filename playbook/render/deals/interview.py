"""Questions as text on a terminal or in a pipe, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable

from playbook.advise.briefing import plain
from playbook.advise.interview.words import Asked, AskWords


def question_text(asked: Asked, words: AskWords, number: str = "") -> str:
    """One question with what to choose from and why it is asked."""
    lines = [f"{number}{asked.question}"]
    indent = " " * (3 if number else 2)
    if asked.choices:
        lines.append(indent + "  ".join(f"{n} {choice.label}" for n, choice in enumerate(asked.choices, 1)))
    lines.append(indent + words.say("why", reason=asked.reason))
    lines += [indent + text for text in (asked.find_out, asked.held) if text]
    return "\n".join(lines)


def list_text(questions: Iterable[Asked], words: AskWords, deal: str, total: int, held: str) -> str:
    """The most valuable questions, numbered; `held` tells what is put last, and why."""
    if not total:
        return words.say("nothing")
    shown = [question_text(asked, words, f"{n}. ") + f"\n   [{asked.path}]" for n, asked in enumerate(questions, 1)]
    head = [text for text in (words.say("header", deal=deal, n=total), held) if text]
    return "\n".join([*head, "", "\n\n".join(shown)])


def list_json(questions: Iterable[Asked]) -> str:
    """The questions as a JSON list."""
    return json.dumps([plain(asked) for asked in questions], ensure_ascii=False, indent=2)
