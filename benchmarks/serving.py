"""A server of this machine under load: granian as a node runs it, asked by `wrk`."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from benchmarks.measure import cores

CONNECTIONS = 16


class Server:
    """A granian server of this machine, in its own process group, stopped by `stop`.

    `workers` processes answer, by default one per core.
    """

    def __init__(self, target: str, home: Path, workers: int = 0) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "granian",
                "--interface",
                "wsgi",
                "--factory",
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
                "--workers",
                str(workers or cores()),
                "--blocking-threads",
                "1",
                "--no-ws",
                "--log-level",
                "warning",
                target,
            ],
            env={**os.environ, "BEACON_NODE_HOME": str(home)},
            start_new_session=True,
        )

    def wait(self, path: str) -> None:
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
                    answer.read()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"the server for {path} did not start")

    def cpu_s(self) -> float:
        """Return the CPU seconds that its processes have used so far."""
        group = self._process.pid
        stats = [_stat(path) for path in Path("/proc").glob("[0-9]*/stat")]
        ticks = sum(int(s[11]) + int(s[12]) for s in stats if s and int(s[2]) == group)
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(10)


def _stat(path: Path) -> list[str]:
    """Return what the kernel says of a process behind its name; nothing if it is gone."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except OSError:
        return []


def ask(port: int, path: str, seconds: int) -> tuple[float, float, float]:
    """Return (requests per second, p50 ms, p99 ms); any error answer stops the benchmark."""
    done = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "--latency",
            f"http://127.0.0.1:{port}{path}",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if "Non-2xx" in done or "Socket errors" in done:
        raise SystemExit(done)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done)[1])
    return rate, _latency(done, "50%"), _latency(done, "99%")


def _latency(text: str, which: str) -> float:
    value, unit = re.search(rf"{which}\s+([\d.]+)(us|ms|s)\b", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1_000}[unit]
