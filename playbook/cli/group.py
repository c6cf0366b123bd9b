"""Command groups: subcommands loaded when called, findings printed instead of tracebacks."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import click

from playbook.errors import PlaybookError, UsageError


class LazyGroup(click.Group):
    """A group that knows where its commands are (`module:function`) and imports one when it is called."""

    def __init__(self, *args: Any, places: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._places, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._places:
            return super().get_command(ctx, cmd_name)
        module, _, name = self._places[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"playbook.cli.{module}"), name)
        return command


class Root(LazyGroup):
    """Prints findings instead of tracebacks, and exits with the error's code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PlaybookError as error:
            lang = language(ctx)
            for finding in error.findings:
                click.echo(finding.text(lang), err=True)
            raise SystemExit(error.exit_code) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if os.environ.get("PLAYBOOK_DEBUG"):
                raise
            finding = UsageError("U013", text=f"{type(error).__name__}: {error}").findings[0]
            click.echo(finding.text(language(ctx)), err=True)
            raise SystemExit(1) from error


def language(ctx: click.Context) -> str:
    """The language asked for, also when the command failed before its options were kept."""
    chosen = ctx.meta.get("playbook.lang") or os.environ.get("PLAYBOOK_LANG")
    return "en" if chosen == "en" else "zh"
