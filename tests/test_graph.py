"""The dependency graph: what is drawn, in valid Mermaid and DOT, the same each time."""

from __future__ import annotations

import re
import shutil
import stat
import sys

import pytest
from click.testing import CliRunner

from playbook.advise.words.wording import Wording
from playbook.cli import cli
from playbook.errors import UsageError
from playbook.render.docs.graph import Graph, Node, draw, graph_around, whole_graph
from playbook.render.docs.rulepage import RuleReader

REACH = "reach-top-decision-maker-through-coach"
# A node or an edge of a flowchart: a text stands in double quotes and holds nothing that Mermaid reads as syntax.
TEXT = r"""\"[^"<>`\\]*(?:<br/>[^"<>`\\]*)*\""""
SHAPES = "|".join((rf"\(\[{TEXT}\]\)", rf"\{{\{{{TEXT}\}}\}}", rf"\[{TEXT}\]", rf"\[/{TEXT}\\\]", rf"\[\[{TEXT}\]\]"))
EDGE = r"n\d+ (?:-->|-\.->)(?:\|\"\d+\"\|)? n\d+"
MERMAID_LINE = re.compile(rf"  (?:n\d+(?:{SHAPES}):::\w+|{EDGE}|classDef \w+ fill:#\w+,stroke:#\w+,color:#\w+)")


@pytest.fixture(scope="module")
def reader(rulebook, today):
    return RuleReader(rulebook, Wording(rulebook.vocabulary, "zh", today))


def run(*arguments):
    return CliRunner().invoke(cli, ["rules", "graph", *map(str, arguments)])


def drawn(graph: Graph) -> set[tuple[str, str]]:
    return {(graph.nodes[edge.start].label, graph.nodes[edge.end].label) for edge in graph.edges}


def test_around_a_rule_stand_its_facts_what_feeds_it_and_its_guards(reader, rulebook):
    graph = graph_around(reader, [rulebook.rule_by_id[REACH]], 1)
    title = reader.title(REACH)
    edges = drawn(graph)
    assert ("当前采购阶段", title) in edges
    assert ("关键人：是否教练", title) in edges
    assert ("采购角色是教练，即视为教练", "关键人：是否教练") in edges
    assert ("评标期间不私下接触决策人和评委", title) in edges
    assert graph.nodes[f"rule {REACH}"].kind == "chosen"
    assert graph.nodes["field stakeholder.is_coach"].kind == "concluded"
    assert graph.nodes["field deal.stage"].kind == "fact"
    # What the feeding rules look at is one step further.
    assert "field stakeholder.buying_role" not in graph.nodes
    assert "field stakeholder.buying_role" in graph_around(reader, [rulebook.rule_by_id[REACH]], 2).nodes


def test_many_rules_at_one_end_are_drawn_as_one_node_a_file(reader, rulebook):
    graph = graph_around(reader, [rulebook.rule_by_id["signals-point-to-intrinsic"]], 1)
    assert len(graph.nodes) < 60
    counts = [
        int(label) for label in re.findall(r"内在价值型打法 (\d+) 条", " ".join(n.label for n in graph.nodes.values()))
    ]
    assert counts
    assert counts[0] > 10


def test_the_whole_graph_stays_small_enough_to_read(reader, rulebook):
    graph = whole_graph(reader)
    concluding = [rule for rule in rulebook.rules if rule.conclude]
    assert {f"rule {rule.id}" for rule in concluding} == {n for n in graph.nodes if n.startswith("rule ")}
    assert len(graph.nodes) < 130
    used = {name for edge in graph.edges for name in (edge.start, edge.end)}
    assert used == set(graph.nodes)


def test_mermaid_is_well_formed_and_the_same_each_time():
    for arguments in (
        (),
        (REACH,),
        (REACH, "--depth", "2", "--lang", "en"),
        ("no-private-contact-during-tender-evaluation",),
    ):
        result = run(*arguments)
        assert result.exit_code == 0
        first, *lines = result.stdout.splitlines()
        assert first == "flowchart LR"
        for line in lines:
            assert MERMAID_LINE.fullmatch(line), line
        assert run(*arguments).stdout == result.stdout


def nasty() -> Graph:
    graph = Graph()
    graph.nodes["a"] = Node("rule", '报价"超限"; <b>#1</b> & `code` \\ end')
    graph.nodes["b"] = Node("guard", "A guard that says rather a lot about price talks during a tender")
    graph.link("a", "b", "3")
    return graph


def test_labels_cannot_break_out_of_their_quotes():
    mermaid = draw(nasty(), "mermaid").splitlines()
    assert all(MERMAID_LINE.fullmatch(line) for line in mermaid[1:]), mermaid
    assert "#34;超限#34;" in mermaid[1]
    assert "#60;b#62;#35;1" in mermaid[1].replace("<br/>", "")
    dot = draw(nasty(), "dot")
    label = re.search(r'label="((?:[^"\\]|\\.)*)"', dot.split("n0 [")[1])
    assert label
    assert label[1].replace("\\n", "").replace('\\"', '"').startswith('报价"超限"')
    assert '  n0 -> n1 [label="3"]' in dot


def test_long_labels_are_folded_evenly():
    lines = draw(nasty(), "dot").split("n1 [label=")[1].split('"')[1].split("\\n")
    assert len(lines) == 2
    assert abs(len(lines[0]) - len(lines[1])) < 12
    assert " ".join(lines) == "A guard that says rather a lot about price talks during a tender"


def test_svg_without_graphviz_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run(REACH, "--format", "svg", "--lang", "en")
    assert result.exit_code == 2
    assert "G001" in result.stderr
    assert "install Graphviz" in result.stderr
    assert run(REACH, "-o", tmp_path / "graph.svg").exit_code == 2
    assert not (tmp_path / "graph.svg").exists()


def test_a_failure_of_graphviz_is_told(monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.stdin.read()\nsys.exit('no fonts here')\n", encoding="utf-8"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError) as caught:
        draw(nasty(), "svg")
    assert caught.value.findings[0].code == "G002"
    for lang in ("zh", "en"):
        assert "no fonts here" in caught.value.findings[0].text(lang)


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_svg_through_graphviz(tmp_path):
    target = tmp_path / "graph.svg"
    assert run(REACH, "-o", target).exit_code == 0
    text = target.read_text(encoding="utf-8")
    assert text.count('class="node"') == len(re.findall(r":::", run(REACH).stdout))
    assert "采购角色是教练" in text


def test_the_name_of_the_file_says_the_format(tmp_path):
    for name, start in (("graph.dot", "digraph playbook {"), ("graph.gv", "digraph"), ("graph.mmd", "flowchart LR")):
        assert run("-o", tmp_path / name).exit_code == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    run("-o", tmp_path / "graph.txt", "--format", "dot")
    assert (tmp_path / "graph.txt").read_text(encoding="utf-8").startswith("digraph")


def test_an_unknown_rule_is_told_with_a_near_one():
    result = run("reach-top-decision-maker-through-coch", "--lang", "en")
    assert result.exit_code == 2
    assert REACH in result.stderr
