"""Compares the durable_rules engine with the naive matcher on many random rulebooks and deals.

    python benchmarks/agreement.py [--examples 100000] [--seed N] [--jobs 2]

An example is one deal put to one rulebook; every rulebook gets ten deals. The engine runs in worker
processes, so that a crash in C costs one rulebook: it is named and counted as a difference.
The last line tells what was compared; the exit code is 1 when anything differed.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from generator import TODAY, RejectedError, Roll, Sample, deal_text, differences, random_sample  # noqa: E402

from playbook.errors import PlaybookError  # noqa: E402
from playbook.evaluate.engine import DurableEngine, load_module  # noqa: E402
from playbook.evaluate.reference import Reference  # noqa: E402
from playbook.model.facts import Deal  # noqa: E402

DEALS = 10  # for each rulebook
LARGE_EVERY, LARGE, SMALL = 3, 60, 8  # every third rulebook may have up to sixty rules, the others up to eight
BATCH = 100  # rulebooks for each worker process: the engine never gives back a ruleset's memory


@dataclass
class Counts:
    """What was compared; `reports` describe the differences."""

    examples: int = 0
    rulebooks: int = 0
    rejected: int = 0
    firings: int = 0
    reports: list[str] = field(default_factory=list)

    def add(self, other: Counts) -> None:
        self.examples += other.examples
        self.rulebooks += other.rulebooks
        self.rejected += other.rejected
        self.firings += other.firings
        self.reports += other.reports

    def __str__(self) -> str:
        return (
            f"{self.examples} examples, {self.rulebooks} rulebooks, {self.firings} firings, "
            f"{len(self.reports)} differences"
        )


# In the worker


def draw(seed: int) -> tuple[Sample, list[Deal]]:
    """The rulebook and deals of a seed. Raises `RejectedError` when the seed makes no rulebook."""
    roll = Roll(random.Random(seed).randint)
    sample = random_sample(roll, SMALL if seed % LARGE_EVERY else LARGE)
    return sample, [sample.deal(roll) for _ in range(DEALS)]


def compare(seed: int) -> Counts:
    """Puts the deals of a seed to both engines; stops at the first difference."""
    try:
        sample, deals = draw(seed)
    except RejectedError:
        return Counts(rejected=1)
    module = load_module()
    assert module is not None
    engine, reference = DurableEngine(sample.rulebook, TODAY, module), Reference(sample.rulebook, TODAY)
    counts = Counts(rulebooks=1)
    for deal in deals:
        expected = reference.evaluate(deal)
        counts.examples += 1
        counts.firings += len(expected.activations)
        try:
            lines = differences(engine.evaluate(deal), expected)
        except PlaybookError as error:  # no answer is a difference too
            lines = [f"the engine gave up: {error}"]
        if lines:
            counts.reports.append(described(seed, sample, deal, lines))
            break
    return counts


def described(seed: int, sample: Sample, deal: Deal, lines: list[str]) -> str:
    parameters = {name: p.value for name, p in sample.rulebook.parameters.items()}
    return "\n".join([f"# seed {seed}", sample.text, f"# {parameters}", deal_text(deal), *lines])


def work(seeds: range, pipe: Connection) -> None:
    """Compares seed by seed; each result goes out at once, so that a crash is known by its seed."""
    for seed in seeds:
        try:
            pipe.send(compare(seed))
        except Exception as error:  # whatever went wrong, the seed is named
            pipe.send(Counts(reports=[f"# seed {seed}: {error!r}"]))
    pipe.close()


# In the main process


def run_batch(seeds: range) -> Counts:
    """Runs seeds in a worker, in another one after each crash."""
    total = Counts()
    while seeds:
        done, code = run_worker(seeds, total)
        if done == len(seeds):
            break
        total.reports.append(crash_report(seeds[done], code))
        seeds = seeds[done + 1 :]
    return total


def run_worker(seeds: range, total: Counts) -> tuple[int, int | None]:
    """Adds what a worker finds to the total; how many seeds it got through, and its exit code."""
    context = get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(seeds, writer))
    process.start()
    writer.close()
    done = 0
    for counts in _received(reader):
        total.add(counts)
        done += 1
    process.join()
    return done, process.exitcode


def _received(reader: Connection) -> Iterator[Counts]:
    while True:
        try:
            yield reader.recv()
        except EOFError:
            return


def crash_report(seed: int, code: int | None) -> str:
    try:
        sample, deals = draw(seed)
    except RejectedError:
        return f"# seed {seed}: the worker ended with {code} over rules that make no rulebook"
    shown = [f"# seed {seed}: the worker ended with {code} over one of these deals", sample.text]
    return "\n".join(shown + [deal_text(deal) for deal in deals])


def run(examples: int, seed: int, jobs: int) -> Counts:
    """Compares until at least so many examples have been put to both engines, differences or not."""
    total = Counts()
    start, before = seed, -1
    with ThreadPoolExecutor(jobs) as pool:
        while before < total.examples < examples:
            before = total.examples
            missing = -(-(examples - total.examples) // DEALS)
            starts = range(start, start + missing, BATCH)
            batches = [range(first, min(first + BATCH, start + missing)) for first in starts]
            start += missing
            for future in as_completed([pool.submit(run_batch, batch) for batch in batches]):
                total.add(future.result())
                show_progress(total, examples)
    return total


def show_progress(total: Counts, examples: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{total.examples}/{examples}: {total}", end="", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0, help="each seed stands for other rulebooks")
    parser.add_argument("--jobs", type=int, default=2, help="worker processes at a time")
    options = parser.parse_args()
    if load_module() is None:
        print("the C extension durable_rules_engine cannot be loaded here", file=sys.stderr)
        return 2
    started = time.perf_counter()
    total = run(options.examples, options.seed * 1_000_000, options.jobs)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for report in total.reports:
        print(report, end="\n\n")
    print(f"{total}, {total.rejected} rejected, {time.perf_counter() - started:.0f} s")
    return 1 if total.reports else 0


if __name__ == "__main__":
    sys.exit(main())
