"""A small hospital whose people change their minds: real stores, and a clock that tests set.

Every person has one biosample, run, analysis and call set; ann has two of each. All loci are
diploid and called in everybody.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path

from flask.testing import FlaskClient

from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.manage_datasets import NewDataset
from beacon_node.actions.record_consent import record_consents
from beacon_node.actions.release_dataset import release
from beacon_node.model.consent import ConsentVersion, DataType, Scope, Source, Status, UseKind
from beacon_node.model.data_use import ResearchPurpose, Use, read_purpose
from beacon_node.model.entries import EntryType, pseudonym
from beacon_node.model.genome import Assembly
from beacon_node.model.query import Granularity
from beacon_node.model.requester import ANONYMOUS, Grant, Requester, Tier
from beacon_node.node import Node, open_node
from beacon_node.node_web.app import create_app
from tests.actions.homes import new_node, open_data, vcf
from tests.policy.duo import use
from tests.policy.histories import DAY_0, day

GRU = use(["DUO:0000042"])
BIOMEDICAL = read_purpose({"categories": ["biomedical"]})
EVERY_TYPE, EVERY_USE = frozenset(DataType), frozenset(UseKind)
GRCH37 = Assembly.GRCH37
_forms = count(1)


class SetClock:
    """Says what it was set to last."""

    def __init__(self, at: datetime = DAY_0) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Sample:
    """A biosample with its run, analysis and call set, which have its name in theirs.

    `genotypes` follow `SITES`: copies of the alternate allele.
    """

    id: str
    origin: str
    model: str
    genotypes: tuple[int, ...]


@dataclass(frozen=True)
class Person:
    id: str
    terms: tuple[str, ...]
    samples: tuple[Sample, ...]


FEMALE, MALE, ASTHMA, GOUT = "NCIT:C16576", "NCIT:C20197", "MONDO:0004979", "MONDO:0005393"
BLOOD, SALIVA = "UBERON:0000178", "UBERON:0001836"
SHORT, LONG = "OBI:0002048", "OBI:0002750"
SITES = ((100, "A", "C"), (200, "G", "T"), (300, "C", "G"), (400, "T", "A"))
PEOPLE = (
    Person(
        "ann",
        (FEMALE, ASTHMA),
        (Sample("a1", BLOOD, SHORT, (1, 0, 0, 1)), Sample("a2", SALIVA, LONG, (1, 1, 0, 2))),
    ),
    Person("bob", (MALE,), (Sample("b1", BLOOD, SHORT, (2, 1, 0, 0)),)),
    Person("cid", (MALE, ASTHMA), (Sample("c1", SALIVA, SHORT, (0, 0, 1, 0)),)),
    Person("dea", (FEMALE, GOUT), (Sample("d1", BLOOD, LONG, (1, 0, 0, 1)),)),
    Person("eve", (FEMALE,), (Sample("e1", SALIVA, LONG, (0, 1, 0, 0)),)),
)
IDS = tuple(person.id for person in PEOPLE)


def closed(id: str, terms: Use | None = GRU) -> NewDataset:
    return NewDataset(id, GRCH37, use=terms)


def make_clinic(
    home: Path, *datasets: NewDataset, people: Sequence[Person] = PEOPLE, cohort: bool = False
) -> Node:
    """Return a node into whose datasets all people are loaded; nothing is released."""
    node = with_clock(new_node(home, *datasets))
    files = write_files(home.with_name(f"{home.name}-files"), people, cohort=cohort)
    for dataset in datasets:
        for file in files:
            load(node, dataset.id, file, LoadOptions(processes=1))
    return node


def with_clock(node: Node, at: datetime = DAY_0) -> Node:
    return replace(node, clock=SetClock(at))


def reopened(node: Node) -> Node:
    """Return the same node as another process opens it, with the same clock."""
    return replace(open_node(node.home, {}), clock=node.clock)


def set_clock(node: Node, at: float) -> None:
    """Set a node's clock to day `at`."""
    node.clock.at = day(at)


def write_files(folder: Path, people: Sequence[Person], *, cohort: bool = False) -> list[str]:
    """Write the people's VCF and records; returns the paths."""
    folder.mkdir(parents=True)
    written = [_vcf(folder, people)]
    documents = {
        "individuals": [_individual(person) for person in people],
        "biosamples": [_biosample(p, s) for p in people for s in p.samples],
        "runs": [_run(p, s) for p in people for s in p.samples],
        "analyses": [_analysis(p, s) for p in people for s in p.samples],
    }
    if cohort:
        documents["cohorts"] = [{"id": "all", "name": "All", "cohortType": "study-defined"}]
    for name, records in documents.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(records))
        written.append(str(path))
    return written


def _vcf(folder: Path, people: Sequence[Person]) -> str:
    samples = [sample for person in people for sample in person.samples]
    words = ("0/0", "0/1", "1/1")
    records = []
    for number, (position, ref, alt) in enumerate(SITES):
        calls = [words[sample.genotypes[number]] for sample in samples]
        records.append(f"22 {position} . {ref} {alt} . PASS . GT {' '.join(calls)}")
    return vcf(folder / "people.vcf", records, [sample.id for sample in samples])


def _term(id: str) -> dict:
    return {"id": id, "label": f"label of {id}"}


def _individual(person: Person) -> dict:
    sex, *diseases = person.terms
    return {
        "id": person.id,
        "sex": _term(sex),
        "diseases": [{"diseaseCode": _term(disease)} for disease in diseases],
    }


def _biosample(person: Person, sample: Sample) -> dict:
    status = _term("EFO:0009654")
    own = {"sampleOriginType": _term(sample.origin), "biosampleStatus": status}
    return {"id": sample.id, "individualId": person.id, **own}


def _run(person: Person, sample: Sample) -> dict:
    own = {"biosampleId": sample.id, "individualId": person.id, "runDate": "2023-05-04"}
    return {"id": f"{sample.id}-run", "platformModel": _term(sample.model), **own}


def _analysis(person: Person, sample: Sample) -> dict:
    belongs = {"runId": f"{sample.id}-run", "biosampleId": sample.id, "individualId": person.id}
    own = {"analysisDate": "2023-06-01", "pipelineName": f"pipeline {sample.model}"}
    return {"id": f"{sample.id}-analysis", **belongs, **own}


# ---- what people say -----------------------------------------------------------------------------


def says(node: Node, individual: str, status: Status, *, dataset: str = "*", **facts) -> int:
    """Record a statement, signed by the node's clock unless told; returns its number.

    Days (`signed`, `begins`, `until`) are numbers; `types` and `uses` are everything unless told.
    """
    now = node.clock.now()
    signed, begins, until = (facts.pop(name, None) for name in ("signed", "begins", "until"))
    types, uses = facts.pop("types", EVERY_TYPE), facts.pop("uses", EVERY_USE)
    signed_on = now if signed is None else day(signed)
    version = ConsentVersion(
        number=0,
        individual=individual,
        status=status,
        scope=Scope(dataset, frozenset(types), frozenset(uses)),
        signed_on=signed_on,
        effective_from=signed_on if begins is None else day(begins),
        effective_until=None if until is None else day(until),
        recorded_at=now,
        recorded_by="test",
        source=Source(f"form {next(_forms)}", ""),
        **facts,
    )
    (recorded,) = record_consents(node.ledger, node.clock, [version], by="test")
    return recorded.version.number


def gives(node: Node, *individuals: str, **facts) -> None:
    for individual in individuals:
        says(node, individual, Status.GIVEN, **{"use": GRU, **facts})


def withdraws(node: Node, *individuals: str, **facts) -> None:
    for individual in individuals:
        says(node, individual, Status.WITHDRAWN, **facts)


# ---- who asks ------------------------------------------------------------------------------------


def granted(
    *datasets: str,
    purpose: ResearchPurpose = BIOMEDICAL,
    ceiling: Granularity = Granularity.RECORD,
    until: float = 1_000_000,
    **more,
) -> Requester:
    """Return somebody with a grant for each dataset."""
    grants = [Grant(d, purpose, day(until), f"DAC-{d}", ceiling, **more) for d in datasets]
    return Requester(Tier.CONTROLLED, account="researcher", grants=tuple(grants))


def shown(node: Node, dataset: str, entry_type: EntryType, id: str) -> str:
    """Return the public id of a record."""
    return pseudonym(node.pseudonym_key, dataset, entry_type, id)


def open_clinic(home: Path, **told) -> Node:
    """Return a node with everybody in the released open dataset `o`."""
    node = make_clinic(home, open_data("o"), cohort=True, **told)
    release(node, "o")
    return node


def audits(node: Node) -> list[dict]:
    """Return what the ledger holds of the questions that were asked."""
    return [json.loads(entry.body) for entry in node.ledger.entries(kind="audit")]


# ---- a crowd, and how it is asked about ----------------------------------------------------------

LEAVER = "p00"  # alone carries the third site, has gout and gave saliva that was read in long reads


def crowd(size: int) -> list[Person]:
    """Return people who all carry the first site, every other one the second."""
    return [_one_of_a_crowd(f"p{number:02}", number) for number in range(size)]


def _one_of_a_crowd(id: str, number: int) -> Person:
    is_leaver = id == LEAVER
    origin, model = (SALIVA, LONG) if is_leaver else (BLOOD, SHORT)
    terms = (FEMALE, GOUT) if is_leaver else (FEMALE,)
    return Person(id, terms, (Sample(f"s{id}", origin, model, (1, number % 2, int(is_leaver), 0)),))


def client(node: Node, requester: Requester = ANONYMOUS) -> FlaskClient:
    return create_app(node, lambda: requester).test_client()


def at_site(site: int) -> str:
    """Return the parameters of a URL that ask for the variation at a site."""
    position, ref, alt = SITES[site]
    place = f"assemblyId=GRCh37&referenceName=22&start={position - 1}"
    return f"{place}&referenceBases={ref}&alternateBases={alt}"
