"""The demo's network: three hospitals, one of them on a slow line, the broker, and who vouches for
researchers."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from beacon_node.demo.hospitals import COMMITTEE, HOSPITALS, Hospital, set_up
from beacon_node.demo.issuer import Issuer
from beacon_node.demo.running import Home, Server
from beacon_node.demo.slow_link import SlowLink
from beacon_node.randomness import SystemClock, SystemRandomness

BROKER = "org.example.network"
_TRUSTED = "trusted_issuers.toml"
_BROKER_HOME = "BEACON_BROKER_HOME"


@dataclass(frozen=True, slots=True)
class Network:
    """What runs. `homes` and `servers` are by the key of their hospital."""

    folder: Path
    issuer: Issuer
    broker: Server
    homes: Mapping[str, Home]
    servers: Mapping[str, Server]

    def passport(self, name: str, *, is_researcher: bool = True) -> Path:
        """Return a file with a fresh passport of somebody, which only this user can read."""
        file = self.folder / f"{name.lower()}.passport"
        file.touch(mode=0o600)
        text = self.issuer.passport(name.lower(), is_researcher=is_researcher)
        file.write_text(text, "utf-8")
        return file

    def account(self, home: Home, name: str) -> str:
        """Return the account of somebody at a node."""
        return home.quietly("dac", "account", self.issuer.iss, name.lower()).strip()


def set_up_all(folder: Path, told: Callable[[str], None]) -> Mapping[str, Home]:
    """Make all nodes, two at a time; the commands and what they say go to a file for each."""
    homes = {one.key: Home(folder / one.key, log=folder / f"{one.key}.log") for one in HOSPITALS}

    def make(one: Hospital) -> Hospital:
        set_up(homes[one.key], one, folder / "files")
        return one

    with ThreadPoolExecutor(2) as pool:
        for one in pool.map(make, HOSPITALS):
            told(f"  {one.name}: {one.says}. {folder / one.key}.log has its commands.")
    return homes


@contextmanager
def running(folder: Path, homes: Mapping[str, Home]) -> Iterator[Network]:
    """Serve the nodes and a new broker while the block lasts; nobody has joined yet."""
    with ExitStack() as stack:
        issuer = stack.enter_context(Issuer(SystemClock(), SystemRandomness()))
        servers = {one.key: _serve(stack, homes[one.key], one, issuer) for one in HOSPITALS}
        broker = stack.enter_context(_broker(folder, issuer))
        named = {one.key: Home(folder / one.key) for one in HOSPITALS}  # heard from now on
        network = Network(folder, issuer, broker, named, servers)
        _appoint(network)
        yield network


def _serve(stack: ExitStack, home: Home, one: Hospital, issuer: Issuer) -> Server:
    """Serve a node under the address that others know: that of its slow line, if it has one."""
    port = known_port = free_port()
    if one.delay_s:
        known_port = stack.enter_context(SlowLink(port, one.delay_s)).port
    (home.folder / _TRUSTED).write_text(issuer.trust, "utf-8")
    file = home.folder / "node.toml"
    told = f'[node]\npublic_url = "http://127.0.0.1:{known_port}"\n'
    text = file.read_text("utf-8").replace("[node]\n", told, 1)
    file.write_text(f'{text}\n[access]\ntrusted_issuers = "{_TRUSTED}"\n', "utf-8")
    return stack.enter_context(Server(home, port=port))


def _broker(folder: Path, issuer: Issuer) -> Server:
    port = free_port()
    home = Home(folder / "broker", log=folder / "broker.log", variable=_BROKER_HOME)
    url = f"http://127.0.0.1:{port}"
    names = ("--id", BROKER, "--name", "Example Genomics Network", "--organization", "Example")
    home.run("broker", "init", home.folder, *names, "--public-url", url)
    (home.folder / _TRUSTED).write_text(issuer.trust, "utf-8")
    file = home.folder / "broker.toml"
    told = f'{file.read_text("utf-8")}\n[access]\ntrusted_issuers = "{_TRUSTED}"\n'
    file.write_text(told, "utf-8")
    return Server(Home(home.folder, variable=_BROKER_HOME), ("broker", "serve"), port)


def _appoint(network: Network) -> None:
    """Name the committee of the first hospital: two of two must be for it."""
    first = HOSPITALS[0]
    home = network.homes[first.key]
    members = [network.account(home, name) for name in COMMITTEE]
    told = [word for one in members for word in ("--member", one)]
    home.quietly("dac", "committee", "set", *told, "--dataset", first.dataset, "--votes", "2")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def join(network: Network, one: Hospital) -> None:
    """Have a node and the broker agree on each other, by fingerprints that people compare."""
    broker, node = network.broker.home, network.homes[one.key]
    theirs = json.loads(broker.quietly("broker", "key", "--json"))["keys"][0]["kid"]
    ours = json.loads(node.quietly("network", "key", "--json"))["fingerprint"]
    ceiling = ("--ceiling", one.ceiling)
    node.run("network", "join", network.broker.base, *ceiling, "--fingerprint", theirs)
    broker.run("broker", "approve", one.id, "--fingerprint", ours)
