"""What the documentation shows is so: docstring examples, and the commands of README and docs/.

A fenced `console` block is run: lines that begin with `$ ` are commands (a line that ends in ` \\`
goes on in the next), the lines after one are what it prints, where `…` stands for anything. All
blocks of a page run in order in one empty folder; a command that ends in ` &` is the server, which
runs until the page ends.
"""

import doctest
import importlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.test_imports import MODULES

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
DOCUMENTED_PORT = "5050"


@pytest.mark.parametrize("module", MODULES)
def test_docstring_examples_hold(module):
    assert doctest.testmod(importlib.import_module(module)).failed == 0


@dataclass(frozen=True)
class Command:
    line: str
    printed: str  # what the page says it prints; empty: anything


def commands(page: str) -> list[Command]:
    """Return the commands of a page's console blocks, in order."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        joined = re.sub(r" \\\n\s*", " ", block)
        for piece in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
            line, _, printed = piece.partition("\n")
            found.append(Command(line.strip(), printed.strip()))
    return found


def agrees(printed: str, shown: str) -> bool:
    """Say whether a command printed what the page shows; runs of blanks are one."""
    pattern = ".*".join(re.escape(" ".join(piece.split())) for piece in shown.split("…"))
    return re.fullmatch(pattern.replace(r"\ .*", ".*"), " ".join(printed.split())) is not None


class Shell:
    """Runs the commands of one page in one folder; port 5050 of the page is a free one here."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = str(probe.getsockname()[1])
        self.folder, self.server = folder, None
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = {"PATH": path, "HOME": str(folder), "BEACON_NODE_SERVER_PORT": self.port}
        self.environment = os.environ | own

    def run(self, line: str) -> str:
        """Return what a command printed; AssertionError if it failed."""
        line = line.replace(f":{DOCUMENTED_PORT}", f":{self.port}")
        if line.endswith(" &"):
            self._serve(line.removesuffix(" &"))
            return ""
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {line}"],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"$ {line}\n{done.stdout}"
        return done.stdout.replace(f":{self.port}", f":{DOCUMENTED_PORT}")

    def _serve(self, line: str) -> None:
        self.server = subprocess.Popen(
            ["bash", "-c", f"exec {line}"], cwd=self.folder, env=self.environment
        )
        for _ in range(600):
            assert self.server.poll() is None, "the server ended"
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/livez", timeout=1)
                return
            except (urllib.error.URLError, TimeoutError):
                time.sleep(0.1)
        raise AssertionError("the server did not answer within a minute")

    def stop(self) -> None:
        if self.server:
            self.server.terminate()
            assert self.server.wait(timeout=15) == 0, "the server did not stop as it should"


@pytest.fixture
def shell(tmp_path):
    shell = Shell(tmp_path)
    yield shell
    shell.stop()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_the_documentation_do_what_it_says(page, shell):
    for command in commands(page.read_text("utf-8")):
        printed = shell.run(command.line)
        if command.printed:
            assert agrees(printed, command.printed), f"$ {command.line}\n{printed}"


def test_a_page_is_read_as_it_is_meant():
    page = "```console\n$ one \\\n    two\nprinted …\n$ three\n```\n```sh\n$ not this\n```\n"
    assert commands(page) == [Command("one two", "printed …"), Command("three", "")]
    assert agrees("printed  12 rows\n", "printed … rows") and not agrees("printed 1", "printed 2")
