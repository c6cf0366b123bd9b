"""What a test asks of a date, seen from the day of evaluation."""

from __future__ import annotations

from datetime import date

from playbook.advise.words.phrases import grammar
from playbook.advise.words.wording import Wording
from playbook.model.unary import Day, Operand


class DayWords:
    """Predicates of dates in one language."""

    def __init__(self, wording: Wording) -> None:
        self._w = wording

    def day(self, operand: Operand) -> str:
        """A day, named from today where it is relative."""
        if isinstance(operand, date):
            return self._w.day(operand)
        offset = operand.offset if isinstance(operand, Day) else 0
        return self._say("asks.today" if not offset else "asks.ahead" if offset > 0 else "asks.ago", n=abs(offset))

    def side(self, op: str, operand: Operand) -> str:
        """Before or after a day: `已过`, `is at least 3 days away`."""
        if not isinstance(operand, Day):
            return self._say(f"dates.exact.{op}", x=self.day(operand))
        n = operand.offset
        if n == 0:
            names = {"<": "past", ">=": "not_past", ">": "ahead", "<=": "reached"}
        elif n > 0:
            names = {"<": "before_ahead", ">=": "from_ahead", ">": "beyond", "<=": "until_ahead"}
        else:
            names = {"<": "before_ago", ">=": "from_ago", ">": "after_ago", "<=": "until_ago"}
        return self.count(f"dates.{names[op]}", abs(n))

    def period(self, low: Operand, high: Operand) -> str:
        """Between two days, both included: `在今后7天内`, `is within the next 7 days`."""
        if not (isinstance(low, Day) and isinstance(high, Day)):
            return self._say("dates.exact...", x=self.day(low), y=self.day(high))
        first, last = low.offset, high.offset
        if first == last == 0:
            return self._say("dates.today")
        if 0 in (first, last):
            return self.count("dates.next" if first == 0 else "dates.last", last - first)
        if first < 0 < last:
            return self._say("dates.around", n=-first, m=last)
        ends = sorted((abs(first), abs(last)))
        return self._say("dates.days_ahead" if first > 0 else "dates.days_ago", n=ends[0], m=ends[1])

    def count(self, path: str, days: int) -> str:
        """A template with a number of days."""
        text = self._say(path, n=days)
        return text.replace("next 1 days", "next day").replace("1 days", "1 day") if days == 1 else text

    def _say(self, path: str, **words: object) -> str:
        return grammar(path, self._w.lang, **words)
