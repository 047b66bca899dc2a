"""The demo's node: its commands as a user types them, and its server."""

import json
import os
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

from beacon_node.errors import StoreUnavailable

_PROGRAM = (sys.executable, "-m", "beacon_node.cli.main")
_START_S, _STOP_S = 60, 15


class Home:
    """A node's home folder, worked on through the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {"BEACON_NODE_HOME": str(folder)}

    def run(self, *words: str | Path) -> None:
        """Show a command, run it and show what it says; StoreUnavailable if it fails."""
        print(f"\n$ {shlex.join(['beacon-node', *map(str, words)])}", flush=True)
        done = subprocess.run([*_PROGRAM, *map(str, words)], env=self.environment, check=False)
        if done.returncode:
            raise StoreUnavailable(f"the command failed with exit code {done.returncode}")


class Server:
    """The node's server on a free port of this machine; stopped when the block ends."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __enter__(self) -> "Server":
        command = [*_PROGRAM, "serve", "--port", "0", "--json"]
        print("\n$ beacon-node serve --port 0 &", flush=True)
        self._process = subprocess.Popen(
            command, env=self._home.environment, stdout=subprocess.PIPE, text=True
        )
        told = self._process.stdout.readline()
        if not told:
            raise StoreUnavailable("the server did not start")
        self.url = json.loads(told)["url"]
        self._wait_until_ready()
        print(f"Answering at {self.url}")
        return self

    def wait(self) -> None:
        """Return when the server ends."""
        self._process.wait()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + _START_S
        while time.monotonic() < end and self._process.poll() is None:
            try:
                urllib.request.urlopen(self.url.removesuffix("/api") + "/livez", timeout=2).close()
                return
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                time.sleep(0.1)
        self.__exit__(None, None, None)
        raise StoreUnavailable("the server did not answer in time")
