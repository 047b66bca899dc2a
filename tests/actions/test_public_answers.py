"""actions/public_answers.py and what makes its table: a protected dataset says yes or no to
anybody, within the bound of docs/guard.md, and nothing else of it leaves."""

import numpy as np
import pytest

from beacon_node.actions.answer_query import answer
from beacon_node.actions.load_dataset import WHOLE_GENOME, LoadOptions, load
from beacon_node.actions.public_answers import answer_publicly
from beacon_node.actions.release_dataset import release
from beacon_node.attacks.membership import RandomHeterozygous, RareFirst
from beacon_node.attacks.power import power_of, scores_of
from beacon_node.attacks.target import NO, NOT_ANSWERABLE, YES, Table
from beacon_node.errors import InvalidRequest, NotFound
from beacon_node.model.answer import Status
from beacon_node.model.calls import Interval
from beacon_node.model.consent import UseKind
from beacon_node.model.decision import DatasetDecision, Guard
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.people import EVERYBODY
from beacon_node.model.query import (
    AlleleSet,
    Granularity,
    OntologyFilter,
    Query,
    RangeQuery,
    SequenceQuery,
    Within,
)
from beacon_node.model.requester import Requester, Tier
from beacon_node.model.variation import Allele
from beacon_node.ports import SearchPlan
from beacon_node.privacy.public import NotAnswerable
from beacon_node.privacy.public.walks import UNITS
from tests.actions.public_naive import naive_answers
from tests.actions.public_world import (
    ABSENT,
    BUDGET,
    COMMON,
    DATASET,
    GRCH37,
    World,
    ask,
    ask_all,
    hinging_on_one,
    join,
    make_world,
    table,
    variant,
)
from tests.consent.clinic import client, gives, granted, withdraws

# ---- the table -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_answer_is_that_of_a_walk_person_by_person(tmp_path, seed):
    world = make_world(tmp_path / "w", seed=seed)
    release(world.node, DATASET)
    answers = ask_all(world)
    assert answers == naive_answers(world, world.reference)
    assert {True, None} <= set(answers)
    answered = zip(world.population.sequences, answers, strict=True)
    assert {name for name, told in answered if told is not None} == {"22", "X", "Y", "MT"}


def test_variants_that_few_were_sequenced_for_cost_more_and_are_answered_less(tmp_path):
    """Half whole genomes, half a panel of genes; outside it the answer is that half's alone."""
    world = make_world(tmp_path / "w", people=60, assayed=None)
    genes = (Interval(22, 9_000, 10_400), Interval(25, 0, 300))
    join(world, world.population.people(60, np.random.default_rng(6)), assayed=genes)
    assert any("--assayed" in words for words in release(world.node, DATASET).warnings)
    whole = LoadOptions(processes=1, assayed=WHOLE_GENOME)
    load(world.node, DATASET, str(world.folder / "p0-.vcf"), whole)
    release(world.node, DATASET)
    answers = ask_all(world)
    assert answers == naive_answers(world, world.reference)
    genes_only = [v for v in range(160) if not world.covers[60, v]]
    assert {answers[v] for v in genes_only} >= {True, None}


def test_outside_the_declared_assay_the_answer_is_not_sequenced(tmp_path):
    world = make_world(tmp_path / "w", people=60, assayed=(Interval(22, 9_000, 10_400),))
    release(world.node, DATASET)
    assert ask(world, variant(world, 0)).exists is True
    assert ask(world, variant(world, 159)).status is Status.NOT_SEQUENCED


def test_nobody_spends_more_than_the_budget(world):
    spent = [member.spent for member in table(world.node).batches[0].members]
    assert 0 < max(spent) <= BUDGET * UNITS


def test_all_types_of_entries_get_the_same_answer(world):
    for entry_type in (EntryType.INDIVIDUAL, EntryType.BIOSAMPLE, EntryType.RUN):
        told = ask(world, variant(world, COMMON), entry_type, granularity=Granularity.RECORD)
        assert (told.exists, told.count, told.records) == (True, None, ())
        assert told.granularity is Granularity.BOOLEAN


def test_a_range_is_the_or_of_the_answerable_variants_in_it(world):
    answers, place = ask_all(world), world.population
    for first, last in [(0, 3), (100, 110), (112, 113), (120, 159), (130, 132)]:
        start, end = place.positions[first] - 1, place.positions[last]
        told = ask(world, RangeQuery(GRCH37, Region("22", start, end)))
        inside = [answer for answer in answers[first : last + 1] if answer is not None]
        assert told.exists == (any(inside) if inside else None)
        assert "common enough" in told.reason or told.exists is None


def test_who_consented_to_other_uses_alone_is_not_counted(tmp_path):
    world = make_world(tmp_path / "w", people=60)
    random = np.random.default_rng(5)
    others = join(world, world.population.people(10, random), consent=False)
    gives(world.node, *others, uses={UseKind.RECORD_LEVEL})
    release(world.node, DATASET)
    (batch,) = table(world.node).batches
    assert batch.people == 60 and not {m.id for m in batch.members} & set(others)


# ---- nothing else leaks --------------------------------------------------------------------------


FEMALE = OntologyFilter("NCIT:C16576")


@pytest.mark.parametrize(
    "told",
    [
        {"within": Within(EntryType.INDIVIDUAL, "x")},
        {"within": Within(EntryType.COHORT, "x")},
        {"entry_type": EntryType.COHORT},
        {"entry_type": EntryType.DATASET},
        {"entry_type": EntryType.INDIVIDUAL, "variation": None},
        {"variation": None},
    ],
)
def test_any_other_question_is_not_answerable(world, told):
    told = ask(world, **{"variation": variant(world, COMMON)} | told)
    assert told.status is Status.NOT_ANSWERABLE
    assert told.reason.startswith(NotAnswerable.NO_SUCH_QUESTION.reason)


def test_filters_are_not_answerable_and_its_terms_are_as_if_they_were_not_there(world):
    with pytest.raises(InvalidRequest, match="not known to this node"):
        ask(world, variant(world, COMMON), filters=(FEMALE,))
    (dataset,) = world.node.store.datasets()
    allele = Allele("22", 9_999, 10_000, "A", "C")
    lookups = {GRCH37: (AlleleSet((allele,)),)}
    decision = DatasetDecision(DATASET, Granularity.BOOLEAN, people=None, guard=Guard.PUBLIC)
    plan = SearchPlan(EntryType.INDIVIDUAL, lookups, filters=(FEMALE,))
    assert answer_publicly(world.node, dataset, plan, decision).status is Status.NOT_ANSWERABLE


def test_another_assembly_is_told_apart(world):
    asked = SequenceQuery(Assembly.GRCH38, "22", 9_999, "A", "C")
    assert ask(world, asked).status is Status.WRONG_ASSEMBLY


def test_the_pages_of_a_protected_dataset_show_no_more_than_before(world):
    asker = client(world.node)
    (document,) = asker.get("/api/datasets").json["response"]["collections"]
    assert "sizes" not in document["info"] and "10%" in document["info"]["publicTier"]
    assert asker.get("/api/filtering_terms").json["response"]["filteringTerms"] == []
    assert asker.get("/api/cohorts").json["responseSummary"]["exists"] is False
    shown = table(world.node).batches[0].members[0].id
    assert asker.get(f"/api/individuals/{shown}").status_code == 404


def test_hidden_and_absent_are_the_same_bytes(world):
    number, who = hinging_on_one(world)
    shown = _body(world, number)
    withdraws(world.node, who)
    assert _body(world, number) == _body(world, ABSENT) != shown


def _body(world: World, number: int) -> bytes:
    query = variant(world, number)
    start, name = query.start, query.reference_name
    said = client(world.node).get(
        f"/api/g_variants?assemblyId=GRCh37&referenceName={name}&start={start}"
        "&referenceBases=A&alternateBases=C&includeResultsetResponses=ALL"
    )
    return said.data.replace(str(start).encode(), b"HERE").replace(f'"{name}"'.encode(), b"SEQ")


def test_spelling_and_method_change_nothing(world):
    asker, start = client(world.node), world.population.positions[COMMON] - 1
    query = {"assemblyId": "GRCh37", "referenceName": "chr22", "start": [start]}
    query |= {"referenceBases": "A", "alternateBases": "C"}
    body = {"meta": {"apiVersion": "v2.0"}, "query": {"requestParameters": query}}
    posted = asker.post("/api/g_variants", json=body).json
    got = asker.get(
        f"/api/g_variants?assemblyId=GRCh37&referenceName=NC_000022.10&start={start}"
        "&referenceBases=A&alternateBases=C&requestedGranularity=record"
    ).json
    assert posted["responseSummary"] == got["responseSummary"] == {"exists": True}


def test_a_grant_goes_before_and_a_registered_account_gets_the_public_answer(world):
    query = Query(EntryType.INDIVIDUAL, variant(world, COMMON), granularity=Granularity.COUNT)
    (exact,) = answer(world.node, query, granted(DATASET)).datasets
    assert exact.count == int((world.genomes[:, COMMON] > 0).sum())
    registered = Requester(Tier.REGISTERED, account="r")
    (told,) = answer(world.node, query, registered).datasets
    assert (told.exists, told.count) == (True, None)


def test_a_guarded_decision_searches_nothing_and_tells_no_number(world):
    (dataset,) = world.node.store.datasets()
    guarded = DatasetDecision(DATASET, Granularity.BOOLEAN, people=EVERYBODY, guard=Guard.PUBLIC)
    found = world.node.store.search(dataset, SearchPlan(EntryType.INDIVIDUAL), guarded)
    assert found.status is Status.NOT_PERMITTED
    with pytest.raises(ValueError, match="never tells so much"):
        DatasetDecision(DATASET, Granularity.COUNT, guard=Guard.PUBLIC)


# ---- attacked ------------------------------------------------------------------------------------


def test_attacks_through_the_node_stay_below_the_stated_power(tmp_path):
    random = np.random.default_rng(3)
    weak, strong = {}, {}
    for seed in range(4):
        world = make_world(tmp_path / str(seed), seed=seed + 10)
        release(world.node, DATASET)
        outsiders = world.population.people(200, random)
        told = {True: YES, False: NO, None: NOT_ANSWERABLE}
        asked = Table(np.array([told[one] for one in ask_all(world)], np.int8))
        bare = Table((world.genomes > 0).any(axis=0).astype(np.int8))
        for target, found in ((asked, weak), (bare, strong)):
            _attack(world, target, outsiders, found, random)
    for name, (members, strangers) in weak.items():
        power = power_of(np.concatenate(members), np.concatenate(strangers), random=random)
        assert power.lower <= 0.10, name
    bare = strong["rare first"]
    assert power_of(*map(np.concatenate, bare), random=random).lower > 0.10


def _attack(world: World, target: Table, outsiders, found: dict, random) -> None:
    people = len(world.genomes)
    attacks = (RareFirst(world.population.frequencies, people), RandomHeterozygous(people))
    for attack in attacks:
        scores = found.setdefault(attack.name, ([], []))
        for crowd, told in zip((world.genomes, outsiders), scores, strict=True):
            carried = list(np.maximum(crowd, 0))
            told.append(scores_of(attack, carried, target, questions=(9_999,), random=random)[:, 0])


def test_a_dataset_is_unknown_by_another_name(world):
    with pytest.raises(NotFound):
        ask(world, variant(world, COMMON), datasets=("nobody",))
