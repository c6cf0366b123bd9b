"""`playbook coach`: the sheet of one deal, the review of a rep, or the plan for a team."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from playbook.cli.shared import as_of_option, lang_option, load_advisor, rules_option
from playbook.errors import UsageError

if TYPE_CHECKING:
    from playbook.advise.coaching.session import CoachSheet
    from playbook.advise.coaching.skills import RepReview, TeamReview
    from playbook.advisor import Advisor
    from playbook.model.facts import Deal

_SUFFIXES = {".md": "md", ".html": "html", ".htm": "html", ".json": "json"}


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--rep", metavar="NAME", help="The deals of one rep in a folder. 只看这位销售的商机。")
@click.option(
    "--format", "form", type=click.Choice(["text", "md", "html", "json"]),
    help="Default text, or by the suffix of -o. 输出格式。",
)  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file. 写入文件。")
@as_of_option
@lang_option
@rules_option
def coach(path: Path, rep: str | None, form: str | None, output: Path | None, **options: Any) -> None:
    """Prepare a coaching session on a deal, a rep or a team. 教练用单：商机、销售或团队。

    PATH is a deal file, or a folder of them: with --rep for one rep, without it for the team.
    """
    from playbook.advise.words.wording import Wording
    from playbook.render.coaching.words import render_coaching
    from playbook.workspace import write

    form = form or (_SUFFIXES.get(output.suffix.lower()) if output else None) or "text"
    options["as_of"] = options["as_of"] or date.today()
    advisor = load_advisor(options)
    lang: str = options["lang"]
    result = _many(advisor, path, rep, lang) if rep is not None or path.is_dir() else _one(advisor, path, lang)
    text = render_coaching(result, form, Wording(advisor.rulebook.vocabulary, lang, advisor.today))
    if output is None:
        click.echo(text, nl=False)
    else:
        write(output, text)
        click.echo(str(output))


def _one(advisor: Advisor, path: Path, lang: str) -> CoachSheet:
    from playbook.advise.coaching.session import coach_sheet

    deal = advisor.read(path)
    evaluation = advisor.evaluate(deal)
    briefing = advisor.compose(evaluation, lang, "coach")
    if not briefing.header.stage:
        raise UsageError("U040", text=str(path))

    def brief(supposed: Deal) -> Any:
        return advisor.brief(supposed, lang, "coach")

    return coach_sheet(advisor.rulebook, evaluation, deal, briefing, brief)


def _many(advisor: Advisor, path: Path, rep: str | None, lang: str) -> RepReview | TeamReview:
    """The review of the rep, or of the only one there is; else the team's plan."""
    from playbook.advise.coaching.session import rep_of
    from playbook.advise.coaching.skills import Reviewer
    from playbook.model.vocabulary import nearest
    from playbook.workbench.packdiff import read_deals

    deals = list(read_deals([path], advisor).values())
    if rep is not None:
        names = sorted({rep_of(deal) for deal in deals if rep_of(deal)})
        if rep and rep not in names:
            raise UsageError("U030", text=rep, near=nearest(rep, names))
        deals = [deal for deal in deals if rep_of(deal) == rep]
    evaluated = ((deal, advisor.evaluate(deal)) for deal in deals)
    reviewer = Reviewer(advisor.rulebook, lang, advisor.today)
    team = reviewer.team((deal, found, advisor.compose(found, lang, "coach")) for deal, found in evaluated)
    if not team.reps:
        raise UsageError("U040", text=str(path))
    return team.reps[0] if len(team.reps) == 1 else team
