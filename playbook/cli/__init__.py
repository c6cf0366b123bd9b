"""The command line: reads options, calls the stages, prints. No logic of its own."""

from __future__ import annotations

import gc
import sys

import click

from playbook import __version__
from playbook.cli.group import LazyGroup, Root

_COMMANDS = {
    "brief": "deal:brief",
    "why": "deal:why",
    "why-not": "deal:why_not",
    "what-if": "deal:what_if",
    "ask": "interview:ask",
    "new": "interview:new",
    "form": "form:form",
    "feedback": "memory:feedback",
    "log": "memory:log_",
    "coach": "coach:coach",
    "init": "workspace:init",
    "import": "importing:import_",
    "pipeline": "pipeline:pipeline",
    "schema": "workspace:schema",
}
_RULES_COMMANDS = {
    "list": "rules:rules_list",
    "show": "rules:rules_show",
    "graph": "rules_docs:rules_graph",
    "docs": "rules_docs:rules_docs",
    "sources": "rules:rules_sources",
    "facts": "rules:rules_facts",
    "schema": "rules_schema:rules_schema",
    "table": "tables:table",
    "check": "rules_check:rules_check",
    "test": "rules_test:rules_test",
    "diff": "rules_diff:rules_diff",
    "watch": "rules_watch:rules_watch",
    "new": "rules_new:rules_new",
    "upgrade": "rules_new:rules_upgrade",
}


@click.group(cls=Root, places=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="playbook")
def cli() -> None:
    """Next-best-action briefings for key-account sales. 大客户销售的下一步行动简报。"""


@cli.group(cls=LazyGroup, places=_RULES_COMMANDS)
def rules() -> None:
    """Look at the rules. 查看规则。"""


def main() -> None:
    """Entry point of the `playbook` command."""
    gc.disable()  # a command lives too short for garbage to matter, and looking for it costs a tenth of its time
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot show a character should show a mark for it, not fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    cli()
