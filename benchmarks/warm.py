"""Warm evaluation: one deal after another by durable_rules, the naive matcher and clipspy, in one run.

    python benchmarks/warm.py [--rules 400] [--rounds 200] [--memory 20000]

The rulebook is the built-in one, thinned evenly (or repeated) to the number of rules. The deals are the bundled
examples, about 60 facts each. The engines take turns within each round, so that ratios hold when the
machine's speed drifts. All three must find the same activations. Bounds: durable_rules no slower
than clipspy, the naive matcher at least 2 times faster than clipspy, flat memory.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from dataclasses import replace
from datetime import date
from itertools import cycle, islice
from pathlib import Path

from clips_engine import ClipsEngine

from playbook.check.checked import load_rulebook
from playbook.evaluate.engine import DurableEngine, load_module
from playbook.evaluate.evaluation import Evaluator
from playbook.evaluate.reference import Reference
from playbook.load.deal import read_deal
from playbook.model.facts import Deal
from playbook.model.rulebook import Rulebook
from playbook.model.rulestore import RuleStore

DAY = date(2026, 11, 21)
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
FACTS = (45, 90)  # a deal of about 60 facts


def rules_of(rulebook: Rulebook, count: int) -> Rulebook:
    """The rulebook thinned evenly to that many rules, or repeated under other ids when it has fewer.

    Rules that conclude stay, so that the others find what they rest on.
    """
    concluding = [rule for rule in rulebook.rules if rule.conclude][:count]
    others = [rule for rule in rulebook.rules if not rule.conclude]
    wanted = count - len(concluding)
    if wanted <= len(others):
        rules = concluding + [others[n * len(others) // wanted] for n in range(wanted)]
    else:
        turns = (divmod(n, len(others)) for n in range(wanted))
        rules = concluding + [replace(others[n], id=f"{others[n].id}-{turn}") for turn, n in turns]
    return replace(rulebook, rule_by_id=RuleStore(rules))


def milliseconds(engine: Evaluator, deals: list[Deal]) -> float:
    start = time.process_time()
    for deal in deals:
        engine.evaluate(deal)
    return (time.process_time() - start) / len(deals) * 1e3


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--memory", type=int, default=20000, help="deals for the memory run (0: none)")
    options = parser.parse_args()
    rulebook = rules_of(load_rulebook(), options.rules)
    deals = [read_deal(path, rulebook.vocabulary, DAY) for path in sorted(EXAMPLES.glob("*.yaml"))]
    deals = [deal for deal in deals if FACTS[0] <= len(deal.facts) <= FACTS[1]]
    module = load_module()
    if module is None:
        print("durable_rules is not installed")
        return 2
    durable = DurableEngine(rulebook, DAY, module)
    naive, clips = Reference(rulebook, DAY), ClipsEngine(rulebook, DAY, module)
    engines: list[Evaluator] = [durable, naive, clips]
    firings = 0
    for deal in deals:
        found = [engine.evaluate(deal).activations for engine in engines]
        firings += len(found[0])
        if not found[0] == found[1] == found[2]:
            print(f"{deal.file}: the engines differ")
            return 1
    facts = sum(len(deal.facts) for deal in deals) / len(deals)
    fired = firings / len(deals)
    print(f"{len(rulebook.rules)} rules, {len(deals)} deals of {facts:.0f} facts, {fired:.0f} activations each")
    rounds = [[milliseconds(engine, deals) for engine in engines] for _ in range(options.rounds)]
    for engine, times in zip(engines, zip(*rounds, strict=True), strict=True):
        print(f"  {engine.name:14} {statistics.median(times):6.2f} ms a deal")
    ratio = statistics.median(c / d for d, _, c in rounds)
    naive_ratio = statistics.median(c / n for _, n, c in rounds)
    print(f"  durable_rules is {ratio:.2f} times as fast as clipspy (bound 1.0)")
    print(f"  naive matcher is {naive_ratio:.2f} times as fast as clipspy (bound 2.0)")
    if options.memory:
        milliseconds(durable, list(islice(cycle(deals), 1000)))
        before = peak_megabytes()
        milliseconds(durable, list(islice(cycle(deals), options.memory)))
        print(f"  memory over {options.memory} deals: {before:.0f} -> {peak_megabytes():.0f} MB")
    return int(ratio < 1 or naive_ratio < 2)


if __name__ == "__main__":
    sys.exit(main())
