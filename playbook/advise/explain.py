"""Why a rule fired, and why another did not: derivations and failing conditions, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from playbook.advise.briefing import FactLine
from playbook.advise.words.plain import PlainWords
from playbook.advise.words.wording import Wording
from playbook.evaluate.evaluation import Activation, Evaluation
from playbook.evaluate.matching import Binding, Matcher
from playbook.model.facts import FactKey, Item
from playbook.model.rulebook import Rulebook
from playbook.model.rules import AnyOf, Condition, Pattern, Rule
from playbook.model.strata import aliases_of
from playbook.model.unary import Test

_NEAREST = 3


class Support(NamedTuple):
    """A condition that held, with the item it is about, the facts it looked at, the items it counted."""

    pattern: Pattern
    item: Item
    facts: tuple[FactKey, ...]
    members: tuple[Item, ...] = ()


class Branch(NamedTuple):
    """A line of a derivation tree."""

    text: str
    children: tuple[Branch, ...] = ()


class Failure(NamedTuple):
    """A condition that does not hold: in words, and what would have to change."""

    condition: str
    changes: tuple[str, ...]


class WhyNot(NamedTuple):
    """How far a rule gets on a deal: conditions that hold, the first that fails, those behind it."""

    holding: tuple[str, ...]
    failure: Failure | None
    behind: tuple[str, ...]


class Explainer:
    """Explains one evaluation in one language."""

    def __init__(self, rulebook: Rulebook, evaluation: Evaluation, wording: Wording) -> None:
        self.rulebook = rulebook
        self.evaluation = evaluation
        self.memory = evaluation.memory
        self.w = wording
        self._scope = rulebook.scope(evaluation.memory.today)
        self._plain = PlainWords(wording, self._scope.parameters)
        self._supports: dict[Activation, tuple[Support, ...]] = {}

    def matcher(self, rule: Rule) -> Matcher:
        return Matcher(self.rulebook.vocabulary, self._scope, aliases_of(rule))

    def ident(self, activation: Activation) -> str:
        """The rule and the names of the items it matched: what the ids of its cards start with."""
        names = "+".join(self.w.name(item, self.memory) for _, item in activation.binding)
        return activation.rule + (f"@{names}" if names else "")

    # What an activation rests on

    def supports(self, activation: Activation) -> tuple[Support, ...]:
        """The conditions that held, in the order of the rule."""
        if activation not in self._supports:
            rule = self.evaluation.rules[activation.rule]
            found = self._holding(rule.when, activation.items, self.matcher(rule))
            self._supports[activation] = tuple(found)
        return self._supports[activation]

    def _holding(self, conditions: tuple[Condition, ...], binding: Binding, matcher: Matcher) -> Iterator[Support]:
        for condition in conditions:
            if isinstance(condition, Pattern):
                yield self._support(condition, binding, matcher)
                continue
            for alternative in condition.alternatives:
                if all(self._holds(c, binding, matcher) for c in alternative):
                    yield from self._holding(alternative, binding, matcher)

    def _holds(self, condition: Condition, binding: Binding, matcher: Matcher) -> bool:
        if isinstance(condition, AnyOf):
            return any(all(self._holds(c, binding, matcher) for c in a) for a in condition.alternatives)
        if condition.quantifier != "each":
            return matcher.holds(condition)(self.memory, binding)
        item = binding.get(condition.alias)
        if item is None:
            return False
        contents = self.memory.items[item[0]][item[1]]
        return matcher.item_test(condition)(contents, binding, self.memory)

    def _support(self, pattern: Pattern, binding: Binding, matcher: Matcher) -> Support:
        entity = pattern.entity
        if pattern.quantifier in ("one", "each"):
            item = binding.get(pattern.alias, (entity, 0))
            return Support(pattern, item, tuple((*item, name) for name, _ in pattern.tests))
        if pattern.quantifier in ("fields", "few fields"):
            names = matcher.fields(pattern, self.memory, binding)
            return Support(pattern, (entity, 0), tuple((entity, 0, name) for name in names))
        members = self.w.in_order(matcher.members(pattern, self.memory, binding), self.memory)
        facts = tuple((*item, name) for item in members for name, _ in pattern.tests)
        return Support(pattern, (entity, 0), facts, tuple(members))

    def lists(self, activation: Activation) -> dict[str, list[str]]:
        """Words for the aliases that stand for several items or fields."""
        found: dict[str, list[str]] = {}
        for support in self.supports(activation):
            pattern = support.pattern
            if not pattern.alias or pattern.quantifier in ("one", "each"):
                continue
            if pattern.quantifier in ("fields", "few fields"):
                fields = self.rulebook.vocabulary.entities[pattern.entity].fields
                found[pattern.alias] = [self.w.label(fields[key[2]]) for key in support.facts]
            else:
                found[pattern.alias] = [self.w.name(item, self.memory) for item in support.members]
        return found

    def fact_lines(self, activation: Activation) -> tuple[FactLine, ...]:
        """The facts that an activation rests on, each once."""
        keys = dict.fromkeys(key for support in self.supports(activation) for key in support.facts)
        return tuple(self.fact_line(key) for key in keys)

    def fact_line(self, key: FactKey) -> FactLine:
        entity, position, name = key
        field = self.rulebook.vocabulary.entities[entity].fields[name]
        fact = self.memory.facts.get(key)
        label = self.w.label(field)
        if self.rulebook.vocabulary.entities[entity].repeats:
            label = f"{self.w.name((entity, position), self.memory)}{self.w.pick('的', ': ')}{label}"
            path = f"{entity}[{self.w.name((entity, position), self.memory)}].{name}"
        else:
            path = f"{entity}.{name}"
        if fact is None:
            return FactLine(path, label, self.w.pick("未知", "unknown"), "unknown")
        return FactLine(path, label, self.w.fact(fact), fact.origin, self.w.evidence(fact.evidence))

    # Why

    def why(self, activation: Activation) -> Branch:
        """The derivation tree of an activation, down to stated facts."""
        return self._tree(activation, frozenset())

    def _tree(self, activation: Activation, above: frozenset[Activation]) -> Branch:
        rule = self.evaluation.rules[activation.rule]
        title = self.w.text(rule.title)
        children = (self._branch(s, above | {activation}) for s in self.supports(activation))
        return Branch(f"{title}  [{rule.id}]", tuple(dict.fromkeys(children)))

    def _branch(self, support: Support, above: frozenset[Activation]) -> Branch:
        pattern = support.pattern
        lines = [self._leaf(key, above) for key in dict.fromkeys(support.facts)]
        if pattern.quantifier == "one" and len(lines) == 1:
            return lines[0]
        if pattern.quantifier in ("one", "each"):
            name = self.w.name(support.item, self.memory) if pattern.quantifier == "each" else ""
            return Branch(f"{self.w.entity(pattern.entity)} {name}".strip(), tuple(lines))
        text = self._plain.pattern(pattern)
        if support.members:
            names = [self.w.name(item, self.memory) for item in support.members]
            text += self.w.pick(" → ", " → ") + self.w.some(names)
        elif pattern.quantifier == "no":
            total = len(self.memory.items[pattern.entity])
            text += self.w.pick(f"（共列出 {total} 个）", f" ({total} listed)")
        shown = lines if len(support.members) <= _NEAREST else []
        return Branch(text, tuple(shown))

    def _leaf(self, key: FactKey, above: frozenset[Activation]) -> Branch:
        line = self.fact_line(key)
        text = f"{line.label}{self.w.pick('：', ': ')}{line.value}"
        if line.evidence:
            text += self.w.pick(f"（{line.evidence}）", f" ({line.evidence})")
        if line.origin == "computed":
            text += self.w.pick("（推算）", " (computed)")
        if line.origin != "concluded":
            return Branch(text)
        causes = [a for a in self.evaluation.derivations.get(key, ()) if a not in above]
        text += self.w.pick("（由规则推出）", " (concluded)")
        return Branch(text, tuple(self._tree(cause, above) for cause in causes))

    # Why not

    def why_not(self, rule: Rule) -> WhyNot:
        """How far the rule gets. `failure` is None when it fires."""
        matcher = self.matcher(rule)
        depth, binding = self._furthest(rule.when, {}, matcher)
        self._plain = self._plain.about(rule.when)
        words = [self._plain.condition(c) for c in rule.when]
        if depth == len(rule.when):
            return WhyNot(tuple(words), None, ())
        failing = rule.when[depth]
        failure = Failure(words[depth], tuple(self._changes(failing, binding, matcher)))
        return WhyNot(tuple(words[:depth]), failure, tuple(words[depth + 1 :]))

    def missing(self, rule: Rule) -> tuple[str, ...]:
        """What every failing condition of a rule lacks, each looked at on its own."""
        self._plain = self._plain.about(rule.when)
        matcher = self.matcher(rule)
        binding: Binding = {}
        lines: list[str] = []
        for condition in rule.when:
            matches = list(self._matches(condition, binding, matcher))
            if matches:
                binding = matches[0]
            else:
                lines += self._changes(condition, binding, matcher)
        return tuple(dict.fromkeys(lines))

    def _furthest(self, conditions: tuple[Condition, ...], binding: Binding, matcher: Matcher) -> tuple[int, Binding]:
        """The longest run of conditions that hold together, and the items it binds."""
        if not conditions:
            return 0, binding
        best = (0, binding)
        for match in self._matches(conditions[0], binding, matcher):
            depth, bound = self._furthest(conditions[1:], match, matcher)
            if depth + 1 > best[0]:
                best = (depth + 1, bound)
            if best[0] == len(conditions):
                break
        return best

    def _matches(self, condition: Condition, binding: Binding, matcher: Matcher) -> Iterator[Binding]:
        if isinstance(condition, AnyOf):
            for alternative in condition.alternatives:
                yield from self._match_all(alternative, binding, matcher)
        elif condition.quantifier != "each":
            if matcher.holds(condition)(self.memory, binding):
                yield binding
        else:
            passes = matcher.item_test(condition)
            for item in self._everyone(condition.entity):
                contents = self.memory.items[item[0]][item[1]]
                if item not in binding.values() and passes(contents, binding, self.memory):
                    yield {**binding, condition.alias: item}

    def _everyone(self, entity: str) -> list[Item]:
        return self.w.in_order((item for item, _ in self.memory.of(entity)), self.memory)

    def _match_all(self, conditions: tuple[Condition, ...], binding: Binding, matcher: Matcher) -> Iterator[Binding]:
        if not conditions:
            yield binding
            return
        for match in self._matches(conditions[0], binding, matcher):
            yield from self._match_all(conditions[1:], match, matcher)

    def _changes(self, condition: Condition, binding: Binding, matcher: Matcher) -> Iterator[str]:
        """The nearest facts that would make a failing condition hold."""
        if isinstance(condition, AnyOf):
            for alternative in condition.alternatives:
                for part in alternative:
                    if next(self._matches(part, binding, matcher), None) is None:
                        yield from self._changes(part, binding, matcher)
            return
        if condition.quantifier == "one":
            yield from self._failing_tests(condition, (condition.entity, 0), binding)
        elif condition.quantifier == "each":
            yield from self._nearest_items(condition, binding)
        else:
            yield self._count_line(condition, binding, matcher)

    def _failing_tests(self, pattern: Pattern, item: Item, binding: Binding) -> Iterator[str]:
        """The tests of a pattern that an item fails; fields that lack the same share a line."""
        fields = self.rulebook.vocabulary.entities[pattern.entity].fields
        lacking: dict[tuple[str, str], list[str]] = {}
        for name, test in pattern.tests:
            if not self._passes(pattern, name, test, item, binding):
                line = self.fact_line((*item, name))
                lacking.setdefault((line.value, self._plain.asked(fields[name], test)), []).append(line.label)
        for (value, asked), labels in lacking.items():
            now = self.w.pick(f"：现为{value}，需要", f": now {value}, needs ")
            yield f"{self.w.join(labels)}{now}{asked}"

    def _passes(self, pattern: Pattern, name: str, test: Test, item: Item, binding: Binding) -> bool:
        contents = self.memory.items[item[0]][item[1]]
        single = Pattern("one", pattern.entity, ((name, test),), pattern.alias, 1, pattern.at)
        matcher = Matcher(self.rulebook.vocabulary, self._scope, {a: i[0] for a, i in binding.items()})
        return matcher.item_test(single)(contents, binding, self.memory)

    def _nearest_items(self, pattern: Pattern, binding: Binding) -> Iterator[str]:
        free = [item for item in self._everyone(pattern.entity) if item not in binding.values()]
        lines = [list(self._failing_tests(pattern, item, binding)) for item in free]
        # A rule says first whom it means: who passes the first test is nearer than who passes more.
        first = [self._fails_first(pattern, item, binding) for item in free]
        ranks = [(fails, len(failing)) for fails, failing in zip(first, lines, strict=True)]
        best = min(ranks, default=(True, 0))
        nearest = [failing for rank, failing in zip(ranks, lines, strict=True) if rank == best][:_NEAREST]
        if not nearest or (best[0] and len(pattern.tests) > 1):
            entity = self.w.entity(pattern.entity)
            words = self._plain.pattern(pattern._replace(quantifier="one"))
            yield self.w.pick(f"还没有这样的{entity}：{words}", f"no such {entity.lower()} yet: {words}")
            return
        for failing in nearest:
            yield self.w.pick("；", "; ").join(failing)

    def _fails_first(self, pattern: Pattern, item: Item, binding: Binding) -> bool:
        return not all(self._passes(pattern, name, test, item, binding) for name, test in pattern.tests[:1])

    def _count_line(self, pattern: Pattern, binding: Binding, matcher: Matcher) -> str:
        words = self._plain.pattern(pattern)
        if pattern.quantifier in ("fields", "few fields"):
            labels = [
                self.fact_line((pattern.entity, 0, n)).label for n in matcher.fields(pattern, self.memory, binding)
            ]
        else:
            members = self.w.in_order(matcher.members(pattern, self.memory, binding), self.memory)
            if pattern.quantifier == "all":
                members = [item for item in self._everyone(pattern.entity) if item not in members]
            labels = [self.w.name(item, self.memory) for item in members]
        if not labels:
            return words + self.w.pick("（现在没有）", " (none now)")
        prefix = self.w.pick("例外：", "except ") if pattern.quantifier == "all" else self.w.pick("现有：", "now: ")
        return words + self.w.pick(f"（{prefix}{self.w.some(labels)}）", f" ({prefix}{self.w.some(labels)})")
