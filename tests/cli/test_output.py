"""What a command prints: JSON, rows for a program, tables and bars on a terminal."""

import io
import json

from rich.console import Console

from beacon_node.cli.common import find_home
from beacon_node.cli.output import Output
from beacon_node.cli.progress import RichProgress


def test_json_is_one_document_and_nothing_else(capsys):
    output = Output(as_json=True)
    output.sentence("for people")
    output.result({"count": 3}, lambda: output.sentence("three"))
    assert json.loads(capsys.readouterr().out) == {"count": 3}


def test_rows_go_into_a_pipe_separated_by_tabs(capsys):
    Output(as_json=False).table(["dataset", "people#"], [["a  b\tc", 1234], ["d", None]])
    assert capsys.readouterr().out == "dataset\tpeople\na b c\t1,234\nd\t\n"


def test_facts_stand_in_two_columns_and_empty_ones_are_left_out(capsys):
    Output(as_json=False).facts([("name", "node"), ("licence", ""), ("closed", True)])
    assert capsys.readouterr().out == "name    node\nclosed  yes\n"


def test_no_bar_where_nobody_looks(capsys):
    with Output(as_json=False).progress() as progress:
        progress.start("Reading", 10, "bytes")
        progress.advance(10)
        progress.finish()
    assert capsys.readouterr() == ("", "")


def test_a_bar_tells_label_amount_and_rate():
    screen = io.StringIO()
    bar = RichProgress(Console(file=screen, force_terminal=True, width=120))
    bar.start("Reading a.vcf.gz", 2_000_000, "bytes")
    for _ in range(4):
        bar.advance(500_000)
    bar.finish()
    bar.start("Merging", None, "alleles")
    bar.advance(1_500)
    bar.finish()
    shown = screen.getvalue()
    assert "Reading a.vcf.gz" in shown and "2.0 MB of 2.0 MB" in shown and "/s" in shown
    assert "1,500 alleles" in shown


def test_the_home_is_the_given_one_else_the_local_one_else_the_users(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert find_home(tmp_path / "given") == tmp_path / "given"
    assert find_home(None) == tmp_path / "share" / "beacon-node"
    (tmp_path / "beacon-home").mkdir()
    (tmp_path / "beacon-home" / "node.toml").touch()
    assert find_home(None).resolve() == tmp_path / "beacon-home"
