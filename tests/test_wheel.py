"""The wheel, installed where no checkout is: it carries its rules, templates and examples."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DEAL = "deal: {name: 轮子测试, stage: need}\naccount: {name: 甲公司}\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_works_in_a_fresh_environment(wheel, tmp_path):
    env = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", str(env)], check=True)
    python = env / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    subprocess.run([python, "-m", "pip", "install", "-q", str(wheel)], check=True, capture_output=True)
    deal = tmp_path / "deal.yaml"
    deal.write_text(DEAL, encoding="utf-8")
    script = python.parent / "playbook"
    result = subprocess.run(
        [script, "brief", str(deal), "--as-of", "2026-11-21"],
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        check=True,
    )
    assert "轮子测试" in result.stdout
    assert result.stderr == ""
    made = subprocess.run([script, "init", "w"], capture_output=True, encoding="utf-8", cwd=tmp_path, check=True)
    assert "inquiry-a-price.yaml" in made.stdout


def test_the_wheel_holds_rules_templates_examples_and_data(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "_data/rules/gates/gates.yaml",
        "_data/templates/words.yaml",
        "_data/examples/",
        "data/vocabulary.yaml",
    ):
        assert any(wanted in name for name in names), wanted
    assert not any(name.startswith(("tests/", "rules/", "benchmarks/")) for name in names)
