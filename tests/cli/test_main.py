"""How a command fails: one sentence, the exit code of the error table, no trace on the screen."""

import json
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from beacon_node import errors
from beacon_node.cli import main as cli

EVERY_ERROR = [
    error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, errors.BeaconNodeError)
]


@pytest.fixture
def failing(monkeypatch):
    """Return a function that makes `beacon-node status` raise an error and runs it."""

    def run(error: BaseException, *arguments: str) -> int:
        @click.command()
        @click.option("--json", is_flag=True)
        def status(json):
            raise error

        monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: status)
        return cli.run(["status", *arguments])

    return run


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: error.__name__)
def test_each_error_ends_with_its_exit_code_and_one_sentence(error, failing, capsys):
    raised = error("the file is empty")
    assert failing(raised) == error.exit_code and "the file is empty" in str(raised)
    assert capsys.readouterr() == ("", f"beacon-node: {raised}\n")


def test_an_error_is_json_where_json_was_asked_for(failing, capsys):
    failing(errors.InvalidInput("a column too few", file="a.vcf", line=7), "--json")
    out, err = capsys.readouterr()
    message = "a.vcf, line 7: a column too few"
    assert json.loads(err) == {
        "error": {"kind": "InvalidInput", "message": message, "exit_code": 2}
    }
    assert out == ""


def test_a_bug_gives_fixed_words_and_keeps_its_trace_for_the_user(
    failing, capsys, monkeypatch, tmp_path
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert failing(KeyError("HG00096")) == 70
    err = capsys.readouterr().err
    assert err.startswith("beacon-node: this is a bug") and "HG00096" not in err
    (trace,) = tmp_path.rglob("incident-*.txt")
    assert "KeyError: 'HG00096'" in trace.read_text() and trace.stem in f"incident-{err}" + err
    assert trace.stat().st_mode & 0o777 == 0o600


def test_an_interrupted_command_ends_with_130(failing, capsys):
    assert failing(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err.strip() == "beacon-node: stopped"


@pytest.mark.parametrize("arguments", [["lode"], ["serve", "--port", "many"], ["load", "--what"]])
def test_a_mistyped_command_ends_with_2_and_says_where_help_is(arguments, capsys):
    assert cli.run(arguments) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "--help" in err


def test_help_names_every_command_and_loads_none_of_them():
    probe = (
        "import sys; from beacon_node.cli.main import run; run(['--help'])\n"
        "heavy = {'numpy', 'sqlite3', 'flask', 'rich', 'cyvcf2', 'granian'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert all(f"  {name} " in done.stdout for name in cli.COMMANDS)


def test_every_command_takes_json_and_a_home():
    for path, command in _leaves(cli.commands, "beacon-node"):
        options = {name for option in command.params for name in option.opts}
        assert {"--json", "--home"} <= options, path
        assert command.help, path


def _leaves(command: click.Command, path: str):
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        yield from _leaves(command.get_command(context, name), f"{path} {name}")


def test_the_command_starts_quickly():
    program = Path(sys.executable).parent / "beacon-node"
    command = [program, "--help"] if program.exists() else [sys.executable, "-m", cli.__name__]
    times = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run(command, capture_output=True, check=False)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.3


def test_a_reader_that_has_seen_enough_is_no_error():
    line = f"{sys.executable} -m beacon_node.cli.main --help | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage") and done.stderr == ""
