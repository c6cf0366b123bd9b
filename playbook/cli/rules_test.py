"""`playbook rules test`: runs sidecar tests and shows what they cover."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from playbook.cli.shared import lang_option, load_advisor, rules_option
from playbook.errors import UsageError


@click.command("test")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--coverage", is_flag=True, help="Show how many rules and conditions the tests cover. 显示覆盖率。")
@click.option("--missing", is_flag=True, help="Also name what no test shows. 列出没有测试的规则和条件。")
@click.option("--fail-under", type=click.FloatRange(0, 100), help="Fail below this coverage, in percent. 覆盖率下限。")
@click.option("--format", "form", type=click.Choice(["text", "junit"]), default="text", help="输出格式。")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file. 写入文件。")
@lang_option
@rules_option
def rules_test(paths: tuple[Path, ...], output: Path | None, **options: Any) -> None:
    """Run the tests beside rule files (*.test.yaml). 运行规则旁边的测试。

    PATHS are test files, rule files or folders; default: those of the packs given by --rules, or of
    the built-in pack.
    """
    from playbook.advise.words.wording import Wording
    from playbook.render.workbench.testreport import TestReport, junit, percentage
    from playbook.resources import rules_folder
    from playbook.workbench.testrun import Coverage, covered, load_suite, run_cases
    from playbook.workspace import write

    advisor = load_advisor(options)
    suite = load_suite(advisor.rulebook, paths or [Path(pack) for pack in options["packs"]] or [rules_folder()])
    report = TestReport(advisor.rulebook, Wording(advisor.rulebook.vocabulary, options["lang"], advisor.today))
    coverage = Coverage()
    results = list(run_cases(advisor, suite.cases, options["lang"], coverage))
    measured = covered(suite.rules, coverage)
    if options["form"] == "junit":
        text = junit(results, report)
    else:
        shown = options["coverage"] or options["missing"]
        text = report.page(results, measured if shown else [], options["missing"])
    if output is None:
        click.echo(text, nl=False)
    else:
        write(output, text)
        click.echo(str(output))
    low = options["fail_under"]
    if low is not None and percentage(measured) < low:
        error = UsageError("C007", text=f"{percentage(measured):.1f}", low=f"{low:g}")
        click.echo(error.findings[0].text(options["lang"]), err=True)
        raise SystemExit(1)
    if any(result.failures for result in results):
        raise SystemExit(1)
