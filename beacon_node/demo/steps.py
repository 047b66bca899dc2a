"""The steps of the tour, each as somebody would do it, and what is to be seen in each."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cyvcf2 import VCF

from beacon_node.demo.hospitals import COMMITTEE, HOSPITALS
from beacon_node.demo.network import Network
from beacon_node.demo.running import Home
from beacon_node.errors import StoreUnavailable

NORTH, SOUTH, EAST = HOSPITALS
LEIDEN, RARE = "rs6025", "7-140753336-A-T"  # factor V Leiden; BRAF V600E
_UNDERWAY_S = 0.7  # after which a question is on the slow line
PURPOSE = '{"categories": ["biomedical"], "organisation": "not_for_profit", "commercial": false}'
_FORM = """title = "Factor V Leiden and thrombosis"
description = "How often carriers of factor V Leiden had a thrombosis."
purpose = {{ categories = ["biomedical"], organisation = "not_for_profit", commercial = false }}
granularity = "record"
until = "{until:%Y-%m-%d}T00:00:00Z"

[datasets]
"{site}" = ["{dataset}"]
"""


@dataclass
class Tour:
    """Does the steps and remembers what was not as expected."""

    network: Network
    wrong: list[str] = field(default_factory=list)
    asked: int = 0

    # ---- asking ------------------------------------------------------------------------------

    @property
    def ada(self) -> Home:
        """Who asks: a researcher has no node, and her commands need none."""
        return Home(self.network.folder / "ada")

    def ask(
        self, text: str, *more: str | Path, expected: Mapping[str, Callable[[str], bool]]
    ) -> None:
        """Ask all sites, and check what each said of itself."""
        at = ("--at", self.network.broker.base)
        said = self.ada.run("query", text, *more, *at)
        self.check(text, rows_of(said), expected)

    def check(
        self, text: str, rows: Mapping[str, str], expected: Mapping[str, Callable[[str], bool]]
    ) -> None:
        self.asked += 1
        for site, is_expected in expected.items():
            if not is_expected(rows.get(site, "")):
                self.wrong.append(f"{text}: {site} said {rows.get(site, 'nothing')!r}")

    # ---- the steps -----------------------------------------------------------------------------

    def anybody_asks(self) -> None:
        """Public: yes or no, within a bound; exact counts of those who gave their genomes away."""
        self.ask(LEIDEN, expected={NORTH.name: is_yes, SOUTH.name: is_yes, EAST.name: is_yes})
        self.ask(RARE, expected={NORTH.name: is_("not answerable"), "volunteers": is_number})

    def a_researcher_asks(self) -> None:
        """Registered: counts with noise, where the hospital believes this broker about it."""
        passport = self.network.passport("Ada")
        token, at = ("--token-file", passport), ("--at", self.network.broker.base)
        self.ada.run("whoami", *token, *at, "--purpose", PURPOSE, "--for-good")
        expected = {NORTH.name: is_number, "biobank": is_number, EAST.name: is_yes}
        self.ask(LEIDEN, *token, expected=expected)

    def a_committee_decides(self) -> None:
        """Controlled: applied for through the broker, voted on at the hospital, open at once."""
        passport = self.network.passport("Ada")
        token, at = ("--token-file", passport), ("--at", self.network.broker.base)
        form = self.network.folder / "application.toml"
        until = datetime.now(UTC) + timedelta(days=90)
        text = _FORM.format(until=until, site=NORTH.id, dataset=NORTH.dataset)
        form.write_text(text, "utf-8")
        self.ada.run("apply", "--form", form, "--submit", *token, *at)
        self._vote(until)
        self.ask(LEIDEN, *token, expected={NORTH.name: is_exact})

    def _vote(self, until: datetime) -> None:
        node = self.network.homes[NORTH.key]
        listed = json.loads(node.quietly("dac", "applications", "list", "--json"))
        id = listed["applications"][0]["id"]
        eve, fay = (self.network.account(node, name) for name in COMMITTEE)
        node.run("dac", "vote", id, "approve", "--as", eve)
        told = ("--granularity", "record", "--until", f"{until:%Y-%m-%d}")
        node.run("dac", "approve", id, *told, "--as", fay)

    def somebody_withdraws(self) -> None:
        """The next question counts one person less, under the grant too."""
        token = ("--token-file", self.network.passport("Ada"))
        before = self._exactly(token)
        person = carrier(self.network.folder / "files" / NORTH.key / "cohort.vcf.gz", LEIDEN)
        self.network.homes[NORTH.key].run("consent", "withdraw", person)
        self.ask(LEIDEN, *token, expected={NORTH.name: is_(f"{before - 1}")})

    def _exactly(self, token: Sequence[str | Path]) -> int:
        said = self.ada.quietly("query", LEIDEN, *token, "--at", self.network.broker.base)
        return int(rows_of(said)[NORTH.name].replace(",", ""))

    def a_site_drops_out(self) -> None:
        """A server is killed while it is asked; the others answer, and it comes back by itself."""
        server = self.network.servers[SOUTH.key]
        print(f"\n{SOUTH.name}'s server is killed while the question is on its way:")
        threading.Timer(_UNDERWAY_S, server.kill).start()
        self.ask(LEIDEN, expected={NORTH.name: is_yes, SOUTH.name: is_silent})
        print("\nand started again:")
        server.start()
        self.ask(LEIDEN, expected={NORTH.name: is_yes, SOUTH.name: is_yes})


def carrier(vcf: Path, rsid: str) -> str:
    """Return the first who carries a variation and consented to everything, as a hospital can look
    up in its own files."""
    (site,) = [record for record in VCF(str(vcf)) if rsid == record.ID]
    for name, calls in zip(VCF(str(vcf)).samples, site.genotypes, strict=True):
        if 1 in calls[:-1] and NORTH.shares.has_everything(name):
            return name.removesuffix("-B1")
    raise StoreUnavailable(f"nobody in {vcf} carries {rsid}")


# ---- what is expected ----------------------------------------------------------------------------


def rows_of(said: str) -> dict[str, str]:
    """Return what each site and dataset of a printed table says."""
    rows = [line.split("\t") for line in said.splitlines() if line.count("\t") == 2]
    return {name.strip(): answer for name, answer, _ in rows[1:]}


def is_(words: str) -> Callable[[str], bool]:
    return lambda told: told == words


def is_yes(told: str) -> bool:
    return told == "yes" or is_number(told)


def is_number(told: str) -> bool:
    return told.removeprefix("about ").replace(",", "").isdecimal()


def is_exact(told: str) -> bool:
    return told.replace(",", "").isdecimal()


def is_silent(told: str) -> bool:
    return told in ("offline", "timed out", "failed")
