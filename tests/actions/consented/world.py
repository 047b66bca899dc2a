"""A released dataset of five people, and what is said of them day by day."""

import shutil
from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from beacon_node.actions.consented_people import consented, take_snapshot
from beacon_node.model.consent import DataType, UseKind
from beacon_node.model.consent_documents import moment_text
from beacon_node.model.data_use import ConsentTerm, Use, read_purpose
from beacon_node.model.decision import NeededConsent
from beacon_node.model.duo_terms import DS
from beacon_node.model.people import EVERYBODY
from beacon_node.store.ledger import Ledger
from tests.policy.histories import (
    GRU_USE,
    day,
    histories,
)

PEOPLE = ["c", "a", "e", "b", "d"]  # in the order of the file, so that numbers are not alphabetical
EMBARGO = ConsentTerm("DUO:0000024", date=date(2030, 1, 5))  # over on day 4
MELANOMA = Use.of(ConsentTerm(DS, diseases=frozenset({"MONDO:0005105"})))
EMBARGOED = Use(GRU_USE.terms | {EMBARGO})
BIOMEDICAL = read_purpose({"categories": ["biomedical"]})
OF_MELANOMA = read_purpose({"categories": ["disease"], "diseases": ["MONDO:0005105"]})
SENSITIVE = read_purpose({"categories": ["biomedical"], "sensitive": ["stigma"]})
RECORDS = NeededConsent(UseKind.RECORD_LEVEL, BIOMEDICAL)


class World:
    """A node with a ledger of its own, the clock of which is set by the test, in days."""

    def __init__(self, home, folder):
        shutil.rmtree(folder, ignore_errors=True)
        self.node = replace(home, ledger=Ledger.create(folder / "l.sqlite"), consented={})
        self.now, self.at_most = day(0), day(0)
        [released] = [d for d in home.catalogue.released_datasets() if d.id == "d"]
        self.dataset = replace(released, use=GRU_USE)
        self.release()

    def say(self, individual, *versions):
        said = [replace(version, individual=individual) for version in versions]
        return self.node.ledger.record(said, by="r", now=self.now)[0].version.number

    def release(self):
        """Release the same people again, with a snapshot, so that consents show from now on."""
        moment = self.node.ledger.record_release("d", now=self.now)
        current = self.node.catalogue.current_release("d")
        index = self.node.catalogue.index_path("d")
        number = current.number + 1
        record = replace(
            current,
            number=number,
            consented_at=moment_text(moment.at),
            consent_version=moment.consent_version,
            consents=take_snapshot(self.node, "d", number, moment, index),
            use=self.dataset.use,
        )
        self.node.catalogue.make_current("d", record)
        for older in self.node.catalogue.releases("d")[2:]:
            self.node.catalogue.forget_release("d", older.number)
        [self.dataset] = [d for d in self.node.catalogue.released_datasets() if d.id == "d"]

    @property
    def open_dataset(self):
        return replace(self.dataset, is_open_data=True)

    def moment(self):
        return self.node.ledger.moment(self.now)

    def ask(self, needed=RECORDS, node=None):
        """Return who may be counted, by type of data."""
        dataset = self.dataset if needed else self.open_dataset
        return names(consented(node or self.node, dataset, needed, self.moment()))

    def ask_anew(self, needed, *, with_snapshot):
        node = replace(self.node, consented={})
        if not with_snapshot:
            node = replace(node, catalogue=Forgetful(self.node.catalogue))
        return self.ask(needed, node)


class Forgetful:
    """A catalogue that knows of no snapshots."""

    def __init__(self, catalogue):
        self.catalogue = catalogue

    def __getattr__(self, name):
        return getattr(self.catalogue, name)

    def releases(self, dataset_id):
        return [replace(one, consents="") for one in self.catalogue.releases(dataset_id)]


EVERYONE = dict.fromkeys(DataType, "abcde")


def names(people):
    if people is None or people is EVERYBODY:
        return people
    return {
        data_type: "".join(sorted(PEOPLE[number] for number in members))
        for data_type, members in people.by_type.items()
    }


def statements(who, use=GRU_USE):
    return st.builds(lambda v: ("say", who, v, use), histories().filter(bool).map(lambda h: h[0]))
