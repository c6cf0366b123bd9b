"""Cold start: `playbook brief` on an example against a process that only imports its libraries.

    python benchmarks/cold.py [--runs 15] [--deal examples/late-stage-closed-gates.yaml]

The two commands alternate, so that the ratio holds when the machine's speed drifts. The bound is 2.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMPORTS = """
import os, sys
sys.setdlopenflags(os.RTLD_LAZY)
import click, pydantic, jinja2, yaml, durable_rules_engine
"""
BOUND = 2.0
# Modules are compiled once and kept, as they are wherever Playbook is installed.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env=ENVIRONMENT)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--deal", default="examples/late-stage-closed-gates.yaml")
    options = parser.parse_args()
    imports = [sys.executable, "-c", IMPORTS]
    brief = [sys.executable, "-m", "playbook", "brief", options.deal, "--as-of", "2026-11-21"]
    for command in (imports, brief, brief):  # the first briefing fills the cache
        seconds(command)
    pairs = [(seconds(imports), seconds(brief)) for _ in range(options.runs)]
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"imports only   {statistics.median(a for a, _ in pairs) * 1e3:6.0f} ms")
    print(f"playbook brief {statistics.median(b for _, b in pairs) * 1e3:6.0f} ms")
    print(f"ratio          {ratio:6.2f}    (bound {BOUND:.1f}, median of {options.runs} pairs)")
    return ratio > BOUND


if __name__ == "__main__":
    sys.exit(main())
