"""A running broker cannot read a variation index: it has loaded nothing that could."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from beacon_node.broker.home import NewBroker, init_broker
from beacon_node.randomness import SystemRandomness

FORBIDDEN_PARTS = ("store", "ingest", "node", "actions", "node_web", "settings", "demo")
FORBIDDEN_LIBRARIES = ("cyvcf2", "pyroaring", "opendp", "pyfaidx", "obonet", "isal")
QUESTION = "assemblyId=GRCh38&referenceName=17&start=43045710&referenceBases=C&alternateBases=T"
PATHS = (
    *("/livez", "/readyz", "/health", "/service-info", "/services", "/services/types"),
    *("/api/info", "/api/map", "/api/configuration", "/api/entry_types", "/api/filtering_terms"),
    *(f"/api/g_variants?{QUESTION}", "/api/individuals", "/api/datasets", "/network/identity"),
    *("/whoami", "/", "/ask?q=17-43045711-C-T", "/ask/stream?q=17-43045711-C-T", "/no/such/path"),
)

WORKER = f"""
import json, sys
from beacon_node.cli.broker_serve import application
client = application().test_client()
for path in {PATHS!r}:
    answer = client.get(path)
    answer.get_data()
    assert answer.status_code != 500, path
print(json.dumps(sorted(sys.modules)), flush=True)
"""


@pytest.fixture
def environment(tmp_path):
    home = init_broker(tmp_path / "broker", NewBroker(), SystemRandomness())
    with (home / "network.toml").open("a") as file:  # nothing listens there
        file.write(
            '[[member]]\nid = "org.a"\nname = "A"\nurl = "http://127.0.0.1:1"\nkind = "beacon"\n'
        )
    return os.environ | {"BEACON_BROKER_HOME": str(home)}


def test_a_worker_that_answered_has_loaded_nothing_that_reads_data(environment):
    done = subprocess.run(
        [sys.executable, "-c", WORKER], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert "beacon_node.broker.broker" in loaded  # it is the right process
    parts = {name.split(".")[1] for name in loaded if name.startswith("beacon_node.")}
    assert not parts & set(FORBIDDEN_PARTS)
    assert not {name.split(".")[0] for name in loaded} & set(FORBIDDEN_LIBRARIES)
    assert "beacon_node.model.carriers" not in loaded


def test_a_served_broker_has_mapped_none_of_their_libraries(environment):
    """What its processes have in memory, as the system sees it."""
    command = [sys.executable, "-m", "beacon_node.cli.main", "broker", "serve", "--port", "0"]
    server = subprocess.Popen(
        [*command, "--json", "--workers", "1"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        url = json.loads(server.stdout.readline())["url"]
        _wait_for(f"{url}/livez", server)
        urllib.request.urlopen(f"{url}/api/info", timeout=10).close()
        processes = _family(server.pid)
        mapped = "".join(Path(f"/proc/{pid}/maps").read_text() for pid in processes)
        assert len(processes) >= 2 and "granian" in mapped  # the right processes
        assert not [name for name in FORBIDDEN_LIBRARIES if name in mapped]
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) == 0
        server.stdout.close()


def _wait_for(url: str, server: subprocess.Popen) -> None:
    for _ in range(200):
        assert server.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer")


def _family(pid: int) -> list[int]:
    """Return a process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]
