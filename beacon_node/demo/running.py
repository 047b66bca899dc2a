"""The demo's nodes and broker: their commands as a user types them, and their servers."""

import json
import os
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from beacon_node.errors import StoreUnavailable

_PROGRAM = (sys.executable, "-m", "beacon_node.cli.main")
_START_S, _STOP_S = 60, 15
_COLUMN = 26  # that columns of what is said into a pipe get


class Home:
    """A home folder, worked on through the command line.

    What is typed and said goes to the terminal, or to the file `log`. `variable` of the environment
    names the folder to the commands.
    """

    def __init__(
        self, folder: Path, *, log: Path | None = None, variable: str = "BEACON_NODE_HOME"
    ) -> None:
        self.folder, self._log = folder, log
        self.environment = os.environ | {variable: str(folder)}

    def run(self, *words: str | Path, given: str = "") -> str:
        """Show a command, run it, show and return what it says; StoreUnavailable if it fails.

        `given` is typed into it.
        """
        self._tell(f"\n$ {command(words)}\n")
        said = self._done(words, given)
        self._tell(said.expandtabs(_COLUMN))
        return said

    def quietly(self, *words: str | Path) -> str:
        """Run a command that nobody needs to see; return what it says."""
        return self._done(words, "")

    def _done(self, words: Sequence[str | Path], given: str) -> str:
        done = subprocess.run(
            [*_PROGRAM, *map(str, words)],
            env=self.environment,
            input=given,
            stdout=subprocess.PIPE,
            stderr=None if self._log is None else subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            where = f": {done.stdout}; all of it is in {self._log}" if self._log else ""
            problem = f"`{command(words)}` failed with exit code {done.returncode}{where}"
            raise StoreUnavailable(problem)
        return done.stdout

    def _tell(self, text: str) -> None:
        if self._log is None:
            print(text, end="", flush=True)
            return
        with self._log.open("a", encoding="utf-8") as file:
            file.write(text)


def command(words: Sequence[str | Path]) -> str:
    """Return a command of ours as it is typed."""
    return shlex.join(["beacon-node", *map(str, words)])


class Server:
    """A server of one home on a port of this machine (0: a free one), stopped when the block ends;
    `serve` are the words of its command."""

    def __init__(self, home: Home, serve: Sequence[str] = ("serve",), port: int = 0) -> None:
        self.home, self._serve, self.port = home, tuple(serve), port
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.base}/api"

    def start(self) -> None:
        """Start it and return when it answers. Raises StoreUnavailable if it does not."""
        command = [*_PROGRAM, *self._serve, "--port", str(self.port), "--json"]
        self._process = subprocess.Popen(
            command, env=self.home.environment, stdout=subprocess.PIPE, text=True
        )
        told = self._process.stdout.readline()
        if not told:
            raise StoreUnavailable("the server did not start")
        self.port = int(json.loads(told)["url"].removesuffix("/api").rsplit(":", 1)[1])
        self._wait_until_ready()

    def kill(self) -> None:
        """End it as a power cut would."""
        process, self._process = self._process, None
        process.kill()
        process.wait()
        process.stdout.close()

    def stop(self) -> None:
        """Stop it, also one that has ended."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def wait(self) -> None:
        """Return when the server ends."""
        self._process.wait()

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + _START_S
        while time.monotonic() < end and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.base}/livez", timeout=2).close()
                return
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                time.sleep(0.1)
        self.stop()
        raise StoreUnavailable("the server did not answer in time")
