"""What is counted equals what a loop over all people counts, whatever they said and when."""

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beacon_node.actions.answer_query import answer
from beacon_node.actions.release_dataset import release
from beacon_node.errors import InvalidRequest
from beacon_node.model.answer import DatasetAnswer
from beacon_node.model.answer import Status as Told
from beacon_node.model.consent import DataType, Status, UseKind
from beacon_node.model.data_use import read_purpose
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Region
from beacon_node.model.query import (
    Granularity,
    OntologyFilter,
    Page,
    Query,
    RangeQuery,
    SequenceQuery,
)
from beacon_node.model.requester import ANONYMOUS, Requester
from beacon_node.node import Node, open_node
from tests.actions.homes import open_data
from tests.consent.clinic import (
    ASTHMA,
    BLOOD,
    EVERY_TYPE,
    EVERY_USE,
    FEMALE,
    GRCH37,
    GRU,
    IDS,
    LONG,
    PEOPLE,
    SALIVA,
    SHORT,
    SITES,
    closed,
    granted,
    make_clinic,
    reopened,
    says,
    set_clock,
    with_clock,
)
from tests.consent.naive import (
    ANALYSIS,
    BIOSAMPLE,
    INDIVIDUAL,
    RUN,
    VARIANT,
    Loop,
    Question,
    Released,
    is_in_release,
    known_terms,
    within_of,
)
from tests.policy.duo import term, use

NARROW = use(["DUO:0000006", term("NPU")])  # health research, organisations without profit
TERMS = {"d": GRU, "e": NARROW}
DATASETS = ("d", "e", "o")
EXAMPLES = 12
LAST_DAY = 6

# ---- what is drawn -------------------------------------------------------------------------------

DAYS = st.integers(0, 2 * LAST_DAY).map(lambda halves: halves / 2)
TYPES = st.sampled_from(
    [
        EVERY_TYPE,
        EVERY_TYPE,
        {DataType.VARIANTS},
        {DataType.PHENOTYPES},
        {DataType.VARIANTS, DataType.BIOSAMPLES},
        {DataType.PHENOTYPES, DataType.RUNS},
    ]
)
USES = st.sampled_from([EVERY_USE, EVERY_USE, {UseKind.RECORD_LEVEL}, {UseKind.PUBLIC_DISCOVERY}])
PERMITTED = st.sampled_from(
    [
        use(["DUO:0000004"]),
        GRU,
        use(["DUO:0000006"]),
        use([term("DS", diseases=[ASTHMA])]),
        use(["DUO:0000042", term("NPU")]),
        use(["DUO:0000042", term("MOR", date="2030-01-04")]),
    ]
)
PURPOSES = st.sampled_from(
    [
        {"categories": ["biomedical"], "organisation": "not_for_profit"},
        {"categories": ["biomedical"]},
        {"categories": ["disease"], "diseases": [ASTHMA], "organisation": "not_for_profit"},
        {"categories": ["ancestry"], "organisation": "not_for_profit"},
        {"categories": ["biomedical"], "publish_not_before": "2030-02-01", "commercial": True},
    ]
).map(read_purpose)
DECIDED = st.sampled_from([frozenset(), frozenset({'["not_stated", "organisation", "%s"]'})])


@dataclass(frozen=True)
class Statement:
    individual: str
    status: Status
    facts: tuple[tuple[str, object], ...]


@st.composite
def statements(draw) -> Statement:
    status = draw(st.sampled_from([*Status, *[Status.GIVEN] * 4, Status.WITHDRAWN]))
    facts = {"dataset": draw(st.sampled_from(["*", "*", "d", "e", "o"]))}
    if status is not Status.ENTERED_IN_ERROR:
        begins = draw(DAYS)
        facts |= {"signed": draw(DAYS), "begins": begins}
        facts |= {"types": draw(TYPES), "uses": draw(USES), "use": draw(PERMITTED)}
        facts["until"] = draw(st.none() | st.none() | st.just(begins + draw(st.integers(1, 5))))
    return Statement(draw(st.sampled_from(IDS)), status, tuple(facts.items()))


@st.composite
def first_statements(draw) -> list[Statement]:
    """Most people consent to much before anything is released: else every answer is 0."""
    facts = {"dataset": "*", "signed": 0, "begins": 0}
    return [
        Statement(
            id, Status.GIVEN, (*facts.items(), ("types", draw(TYPES)), ("use", draw(PERMITTED)))
        )
        for id in draw(st.permutations(IDS))[: draw(st.integers(2, len(IDS)))]
    ]


@st.composite
def filters(draw, scope: EntryType) -> OntologyFilter:
    terms = {INDIVIDUAL: [FEMALE, ASTHMA], BIOSAMPLE: [BLOOD, SALIVA], RUN: [SHORT, LONG]}[scope]
    return OntologyFilter(draw(st.sampled_from(terms)), scope)


@st.composite
def withins(draw):
    person = draw(st.sampled_from(PEOPLE))
    sample, dataset = person.samples[0].id, draw(st.sampled_from(DATASETS))
    return draw(
        st.sampled_from(
            [
                (INDIVIDUAL, dataset, person.id),
                (BIOSAMPLE, dataset, sample),
                (RUN, dataset, f"{sample}-run"),
                (ANALYSIS, dataset, f"{sample}-analysis"),
            ]
        )
    )


@st.composite
def questions(draw) -> Question:
    several = tuple(range(len(SITES)))
    scopes = st.sampled_from([INDIVIDUAL, BIOSAMPLE, RUN])
    chosen = draw(st.lists(scopes.flatmap(filters), max_size=2, unique=True))
    return Question(
        entry_type=draw(st.sampled_from([VARIANT, INDIVIDUAL, BIOSAMPLE, RUN, ANALYSIS])),
        granularity=draw(st.sampled_from(Granularity)),
        sites=draw(
            st.none() | st.just(several) | st.integers(0, len(SITES) - 1).map(lambda n: (n,))
        ),
        filters=tuple(chosen),
        within=draw(st.none() | st.none() | withins()),
    )


@st.composite
def requesters(draw) -> Requester:
    if draw(st.integers(0, 9)) == 0:
        return ANONYMOUS
    return granted(
        *draw(st.sampled_from([("d", "e"), ("d",), ("e",)])),
        purpose=draw(PURPOSES),
        ceiling=draw(st.sampled_from(Granularity)),
        until=draw(st.sampled_from([1_000, 1_000, LAST_DAY / 2])),
        decided=draw(DECIDED),
    )


@st.composite
def stories(draw) -> list[tuple]:
    """Return (day, what happens), in their order; the releases of the first day come after the
    statements made before them."""
    told = [(0, one) for one in draw(first_statements())]
    told += [(draw(DAYS), one) for one in draw(st.lists(statements(), max_size=7))]
    later = [(draw(DAYS), id) for id in draw(st.lists(st.sampled_from(DATASETS), max_size=2))]
    asks = [(draw(DAYS), asked) for asked in draw(st.lists(asking(), min_size=3, max_size=6))]
    first = [(draw(st.sampled_from([0, 0, 0, 1, 2])), id) for id in DATASETS]
    return sorted(told + first + later + asks, key=lambda pair: pair[0])


def asking():
    return st.tuples(requesters(), st.lists(questions(), min_size=1, max_size=6))


# ---- a story is told -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> Path:
    """Return the home of a node into which all is loaded; nothing is released."""
    home = tmp_path_factory.mktemp("consent") / "home"
    make_clinic(home, closed("d"), closed("e", NARROW), open_data("o")).ledger.close()
    return home


def copied(loaded: Path, folder: str) -> Node:
    home = Path(folder) / "home"
    shutil.copytree(loaded, home)
    return with_clock(open_node(home, {}))


class Story:
    """A node to which things happen, and what is released in it."""

    def __init__(self, node: Node) -> None:
        self.node, self.released = node, {}

    def happens(self, at: float, event: object) -> None:
        set_clock(self.node, at)
        if isinstance(event, Statement):
            self.is_said(event)
        elif isinstance(event, str):
            self.is_released(event)
        else:
            requester, asked = event
            other = reopened(self.node)  # nothing is remembered there
            for question in asked:
                check(self.node, self.released, requester, question)
                check(other, self.released, requester, question)

    def is_said(self, one: Statement) -> None:
        facts = dict(one.facts)
        if one.status is Status.ENTERED_IN_ERROR:
            history = self.node.ledger.history(one.individual)
            said = [old for old in history if old.status is not Status.ENTERED_IN_ERROR]
            if not said:
                return
            facts |= {"cancels": said[-1].number, "dataset": said[-1].scope.dataset}
        says(self.node, one.individual, one.status, **facts)

    def is_released(self, dataset: str) -> None:
        done = release(self.node, dataset)
        if not done.is_new:
            return
        found = next(one for one in self.node.store.datasets() if one.id == dataset)
        grant = None if dataset == "o" else granted(dataset).grants[0]
        made = Released(dataset, TERMS.get(dataset), found.consented_at, grant)
        inside = [person for person in PEOPLE if is_in_release(self.node, made, person.id)]
        assert done.people == len(inside)
        self.released[dataset] = made, known_terms(inside)


def check(node: Node, released: dict, requester: Requester, question: Question) -> None:
    """Ask a node and compare each dataset's part with a loop."""
    at = node.ledger.present(node.clock.now())
    answering, terms = {}, set()
    for dataset, (made, known) in released.items():
        grants = [one for one in requester.grants if one.dataset_id == dataset and at < one.until]
        if dataset == "o" or grants:
            answering[dataset] = replace(made, grant=grants[0] if grants else None)
            terms |= known
    if any(wanted.id not in terms for wanted in question.filters):
        with pytest.raises(InvalidRequest):
            answer(node, asked_of(question, node), requester)
        return
    found = answer(node, asked_of(question, node), requester)
    assert {part.dataset_id for part in found.datasets} == set(released)
    total = 0
    for part in found.datasets:
        if part.dataset_id in answering:
            total += check_part(part, Loop(node, answering[part.dataset_id], question))
        else:
            said = part.status, part.exists, part.count, part.records
            assert said == (Told.NOT_PERMITTED, None, None, ())
    assert found.exists is bool(total)
    assert found.count in (None, total)


def asked_of(question: Question, node: Node) -> Query:
    variation = None
    if question.sites is not None and len(question.sites) == 1:
        position, ref, alt = SITES[question.sites[0]]
        variation = SequenceQuery(GRCH37, "22", position - 1, ref, alt)
    elif question.sites is not None:
        variation = RangeQuery(GRCH37, Region("22", 0, 1_000))
    return Query(
        question.entry_type,
        variation,
        tuple(sorted(question.filters, key=lambda one: one.id)),
        question.granularity,
        page=Page(0, 100),
        within=within_of(question, node),
    )


def check_part(part: DatasetAnswer, loop: Loop) -> int:
    """Compare one dataset's part with a loop; returns how many match."""
    ids, told = loop.ids(), min(loop.released.ceiling, loop.question.granularity)
    assert (part.status, part.granularity) == (Told.ANSWERED, told)
    assert part.exists is bool(ids)
    assert part.count == (len(ids) if told >= Granularity.COUNT else None)
    if told < Granularity.RECORD:
        assert part.records == ()
    elif loop.question.entry_type is VARIANT:
        assert {
            record.allele: (
                record.allele_count,
                record.allele_number,
                {case.biosample_id for case in record.cases},
            )
            for record in part.records
        } == loop.copies()
    else:
        assert sorted(record["id"] for record in part.records) == sorted(ids)
    return len(ids)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(stories())
def test_what_is_counted_is_what_a_loop_over_all_people_counts(loaded, story):
    with tempfile.TemporaryDirectory() as folder:
        told = Story(copied(loaded, folder))
        for at, event in story:
            told.happens(at, event)
        assert told.node.ledger.verify().is_whole
        told.node.ledger.close()
