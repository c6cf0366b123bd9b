"""`playbook rules watch`: check, test and changed advice on every save."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

import click

from playbook.cli.shared import as_of_option, lang_option, load_advisor, rules_option


@click.command("watch")
@click.option(
    "--deals",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Deal files or folders; default the examples. 商机文件或文件夹。",
)
@as_of_option
@lang_option
@rules_option
def rules_watch(deals: tuple[Path, ...], **options: Any) -> None:
    """On every save: check the rules, run their tests, show which advice changes. 保存即检查、测试、比较。"""
    from playbook.advise.words.wording import Wording
    from playbook.render.workbench.watch import render_saved, render_start
    from playbook.resources import examples_folder
    from playbook.workbench.packdiff import read_deals
    from playbook.workbench.watch import Session, saves

    day, lang = options["as_of"] or date.today(), options["lang"]
    packs = [Path(pack) for pack in options["packs"]]
    advisor = load_advisor({**options, "packs": [], "as_of": day})
    session = Session(packs, read_deals(deals or [examples_folder()], advisor), day, lang)
    wording = Wording(advisor.rulebook.vocabulary, lang, day)
    batches = saves(session.roots)
    click.echo(render_start(session, session.look(), wording), nl=False)
    for files in batches:
        start = time.perf_counter()
        seen = session.look(files)
        click.echo(render_saved(files, seen, time.perf_counter() - start, session, wording), nl=False)
