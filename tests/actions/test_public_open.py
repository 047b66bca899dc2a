"""actions/public_choices.py and public_open.py: who chose that anybody be told of her is told of
exactly, there and nowhere else, and at nobody else's cost."""

from dataclasses import replace

import numpy as np
import pytest
from flask.testing import FlaskClient

from beacon_node.actions.annotate import AnnotateOptions, annotate
from beacon_node.actions.consent_statement import cancel_statement
from beacon_node.actions.consented_people import consented
from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.plan_search import plan_search
from beacon_node.actions.public_answers import answer_publicly
from beacon_node.actions.public_names import Unclear, lookups_of
from beacon_node.actions.release_dataset import release
from beacon_node.model.answer import Matches, Status
from beacon_node.model.carriers import decode
from beacon_node.model.consent import OpenChoice
from beacon_node.model.consent import Status as Said
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Region
from beacon_node.model.knowledge import Kind
from beacon_node.model.query import (
    GeneQuery,
    Granularity,
    OntologyFilter,
    Query,
    RangeQuery,
    SequenceQuery,
    Within,
)
from beacon_node.model.requester import ANONYMOUS
from beacon_node.policy.access import decide
from beacon_node.ports import Dataset, SearchPlan
from beacon_node.privacy.public import NotAnswerable
from beacon_node.store.knowledge import SqliteKnowledge
from beacon_node.store.public import Choice, ChoiceKind
from tests.actions.homes import vcf
from tests.actions.open_world import GENES, carried_in, genes, opening_world, rare_of, variants
from tests.actions.public_naive import naive_answers
from tests.actions.public_world import (
    DATASET,
    GRCH37,
    World,
    ask,
    ask_all,
    load_genes,
    make_world,
    on_day,
    table,
    variant,
)
from tests.consent.clinic import GRU, client, gives, says, withdraws

RARE = 159  # the rarest of 22: not answerable


def called(world: World, number: int) -> str:
    """Return a name of a variant that says which assembly it counts on."""
    asked = variant(world, number)
    return f"GRCh37 {asked.reference_name}-{asked.start + 1}-A-C"


def carrier(world: World, *numbers: int) -> str:
    """Return somebody who carries all these variants."""
    return world.ids[int(np.flatnonzero((world.genomes[:, numbers] > 0).all(axis=1))[0])]


def counted(world: World) -> dict[str, set[int]]:
    """Return at which variants each member is counted."""
    found = table(world.node)
    members = {batch.number: batch.members for batch in found.batches}
    places = {
        (name, position): v
        for v, (name, position) in enumerate(
            zip(world.population.sequences, world.population.positions, strict=True)
        )
    }
    counts: dict[str, set[int]] = {}
    for allele, batch, blob in found.counted_between(0, 1 << 60):
        for place in decode(blob).tolist():
            at = places[allele.reference_name, allele.start + 1]
            counts.setdefault(members[batch][place].id, set()).add(at)
    return counts


# ---- where it is yes -----------------------------------------------------------------------------


def test_an_opener_is_told_of_exactly_where_she_opened_and_is_protected_elsewhere(tmp_path):
    world = opening_world(tmp_path / "w", {3: genes("ONE"), 8: genes("TWO", "OTHER")})
    opened = {3: range(140, 160), 8: [*range(100, 140), *range(160, 172)]}
    answers, others = ask_all(world), naive_answers(world, world.reference)
    assert answers == naive_answers(world, world.reference, opened)
    told = carried_in(world, 3, "ONE")
    assert any(others[v] is None for v in told) and all(answers[v] for v in told)


def test_a_table_has_of_each_choice_only_who_made_it(tmp_path):
    world = opening_world(tmp_path / "w", {3: genes("ONE"), 8: genes("TWO")})
    found = table(world.node)
    told = {
        (found.choices[row.choice].name, found.openers[number].id)
        for row in found.opened_between(0, 1 << 60)
        for number in decode(row.carriers).tolist()
    }
    assert told == {("ONE", world.ids[3]), ("TWO", world.ids[8])}


def test_where_nobody_opened_carries_it_the_answer_stays_not_answerable(tmp_path):
    world = opening_world(tmp_path / "w", {3: genes("ONE")})
    for v in set(range(150, 160)) - carried_in(world, 3, "ONE"):
        assert ask(world, variant(world, v)).status is Status.NOT_ANSWERABLE


def test_a_variant_is_opened_by_its_name(tmp_path):
    world = make_world(tmp_path / "w")
    who = carrier(world, RARE)
    others = {id for id in world.ids if world.genomes[world.ids.index(id), RARE] > 0} - {who}
    on_day(world, 1)
    gives(world.node, who, open=variants(called(world, RARE)))
    release(world.node, DATASET)
    told = ask(world, variant(world, RARE))
    assert (told.exists, told.count, told.reason) == (True, None, "")
    assert ask(world, variant(world, RARE - 1)).exists is None
    withdraws(world.node, *others)
    assert ask(world, variant(world, RARE)).exists is True


def test_a_release_warns_of_names_that_open_nothing_and_names_nobody(tmp_path):
    world = make_world(tmp_path / "w")
    load_genes(world, **GENES)
    on_day(world, 1)
    for number, choice in {
        3: genes("ONE"),
        4: OpenChoice(frozenset({"ONE", "GENEX"}), frozenset({"22-100-A-C"})),
        5: variants("22-100-A-C", "22-101-A-C"),
        6: genes("GENEX"),
    }.items():
        gives(world.node, world.ids[number], open=choice)
    withdraws(world.node, world.ids[6])
    warnings = " ".join(release(world.node, DATASET).warnings)
    assert "1 consent opens genes that no loaded gene table has on this assembly" in warnings
    assert "2 consents open variants whose names do not say on which assembly" in warnings
    assert not [word for word in ("GENEX", "22-10", *world.ids) if word in warnings]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("GRCh37 22-100-A-C", None),
        ("NC_000022.10:g.100A>C", None),
        ("GRCh37.22.99.100.A.C", None),
        ("22-100-A-C", Unclear.ASSEMBLY),
        ("GRCh38 22-100-A-C", Unclear.ELSEWHERE),
        ("GRCh37 22:100-200", Unclear.PLACE),
        ("GRCh37 22-100-N-C", Unclear.PLACE),
        ("BRCA1", Unclear.PLACE),
        ("V600E", Unclear.CHANGE),
        ("?", Unclear.NOT_UNDERSTOOD),
        ("rs123", Unclear.ELSEWHERE),
    ],
)
def test_only_the_name_of_an_allele_on_this_assembly_opens_a_variant(tmp_path, text, why):
    knowledge = SqliteKnowledge(tmp_path / "knowledge")
    found = lookups_of(knowledge, Choice(ChoiceKind.VARIANT, text), GRCH37)
    assert found is why if why else found
    gene = Choice(ChoiceKind.GENE, "UNKNOWN1")
    assert lookups_of(knowledge, gene, GRCH37) is Unclear.GENE


def test_a_range_and_a_gene_are_yes_if_any_open_row_fits(tmp_path):
    world = opening_world(tmp_path / "w", {3: genes("ONE")})
    (first, *_), place = sorted(v for v in carried_in(world, 3, "ONE") if v > 140), world.population
    start = place.positions[first] - 1
    for asked in (RangeQuery(GRCH37, Region("22", start, start + 1)), GeneQuery("ONE", GRCH37)):
        told = ask(world, asked, EntryType.INDIVIDUAL, granularity=Granularity.COUNT)
        assert (told.exists, told.count) == (True, None)
        assert "chose to be told of" in told.reason


def test_one_opener_is_enough_where_the_others_need_two(tmp_path):
    world = make_world(tmp_path / "w")
    load_genes(world, **GENES)
    told = world.node.settings
    stricter = replace(told.privacy, carriers_needed=2)
    world.node = replace(world.node, settings=replace(told, privacy=stricter))
    gives(world.node, world.ids[3], open=genes("ONE"))
    release(world.node, DATASET)
    v = next(v for v in carried_in(world, 3, "ONE") if (world.genomes[:, v] > 0).sum() == 1)
    assert ask(world, variant(world, v)).exists is True


@pytest.mark.parametrize(
    "more",
    [
        {"filters": (OntologyFilter("NCIT:C16576"),)},
        {"within": Within(EntryType.INDIVIDUAL, "x")},
        {"entry_id": "x"},
        {"entry_type": EntryType.COHORT},
    ],
)
def test_nothing_more_is_told_of_an_opener(tmp_path, more):
    world = opening_world(tmp_path / "w", {3: genes("ONE")})
    (dataset,) = world.node.store.datasets()
    v = rare_of(world, 3)
    plan = plan_search(world.node, Query(EntryType.INDIVIDUAL, variant(world, v)), ())
    assert _told(world, dataset, plan).total == 1
    told = _told(world, dataset, replace(plan, **more))
    assert (told.status, told.total) == (Status.NOT_ANSWERABLE, 0)


def _told(world: World, dataset: Dataset, plan: SearchPlan) -> Matches:
    moment = world.node.ledger.moment(world.node.clock.now())
    own = decide(ANONYMOUS, [dataset], moment.at).datasets[DATASET]
    people = consented(world.node, dataset, own.consent, moment)
    return answer_publicly(world.node, dataset, plan, replace(own, people=people))


SHAPES = (
    ("22 11000 . A <DEL> . PASS END=16000;SVTYPE=DEL GT 0/1", 11_000, 16_000),  # over the gene
    ("22 14500 . A C . PASS . GT 1/1", 14_499, 14_500),  # before it
    ("22 14999 . AT A . PASS . GT 0/1", 14_999, 15_000),  # its first base is gone
    ("22 15999 . C CG . PASS . GT 1/1", 15_999, 15_999),
    ("22 17000 . A C . PASS . GT 1/1", 16_999, 17_000),  # behind it
)


def test_a_gene_opens_whatever_overlaps_it_and_nothing_else(tmp_path):
    """The gene is 22:15,000-16,000, counted from 1."""
    world = make_world(tmp_path / "w", people=2)
    path = vcf(tmp_path / "shapes.vcf", [line for line, *_ in SHAPES], ["p0-000"])
    load(world.node, DATASET, path, LoadOptions(processes=1))
    table_of_genes = world.folder / "g.tsv"
    table_of_genes.write_text("symbol\tchrom\tstart\tend\nSHAPED\t22\t15000\t16000\n")
    annotate(world.node, Kind.GENES, str(table_of_genes), AnnotateOptions(assembly=GRCH37))
    gives(world.node, "p0-000", open=genes("SHAPED"))
    release(world.node, DATASET)
    found = list(table(world.node).opened_between(0, 1 << 60))
    places = [(start, end) for _, start, end in SHAPES]
    assert [(row.allele.start, row.allele.end) for row in found] == [places[0], *places[2:4]]
    far = RangeQuery(GRCH37, Region("22", 13_000, 13_001))  # over 1,000 bases behind its start
    assert ask(world, far).exists is True
    assert ask(world, replace(far, region=Region("22", 16_999, 17_000))).exists is None


# ---- at nobody else's cost -----------------------------------------------------------------------


def test_who_opens_everything_costs_the_others_nothing(tmp_path):
    """Others are counted where they are if she had never been there, whatever she opens."""
    found = []
    for name, choice in {"all": genes(*GENES, "REST"), "one": genes("ONE"), "none": None}.items():
        world = make_world(tmp_path / name, people=70)
        load_genes(world, **GENES, REST=(0, 99), YONE=(172, 183), MONE=(184, 195))
        if choice is None:
            withdraws(world.node, world.ids[3])
        else:
            gives(world.node, world.ids[3], open=choice)
        release(world.node, DATASET)
        spent = {m.id: m.spent for m in table(world.node).batches[0].members}
        counts, own = counted(world), spent.pop(world.ids[3], None)
        hers = counts.pop(world.ids[3], set())
        assert not hers & (set() if choice is None else _where(choice))
        found.append((counts, spent, own))
    (all_open, one, none) = found
    assert all_open[:2] == one[:2] == none[:2]
    assert all_open[2] < one[2]


def _where(choice: OpenChoice) -> set[int]:
    places = GENES | {"REST": (0, 99)}
    return {v for g in choice.genes for v in range(places[g][0], places[g][1] + 1)}


def test_a_bystander_is_answered_of_byte_for_byte_whoever_opened_what_elsewhere(tmp_path):
    bodies = []
    for name, choice in {"one": genes("ONE"), "two": genes("TWO")}.items():
        world = opening_world(tmp_path / name, {3: choice})
        asker = client(world.node)
        bodies.append([_body(asker, variant(world, v)) for v in _not_of(world, 3)[::4]])
    assert bodies[0] == bodies[1] and len(set(map(len, bodies[0]))) > 1


def _not_of(world: World, who: int) -> list[int]:
    return np.flatnonzero(world.genomes[who] <= 0).tolist()


def _body(asker: FlaskClient, asked: SequenceQuery) -> bytes:
    return asker.get(
        f"/api/g_variants?assemblyId=GRCh37&referenceName={asked.reference_name}"
        f"&start={asked.start}&referenceBases=A&alternateBases=C&includeResultsetResponses=ALL"
    ).data


def test_who_opens_after_she_was_walked_hides_nobody_any_more(tmp_path):
    world = opening_world(tmp_path / "w", {})
    for number in range(8):
        gives(world.node, world.ids[number], open=genes("ONE"))
        if number == 6:
            release(world.node, DATASET)
            assert ask(world, variant(world, 0)).exists is True
    release(world.node, DATASET)
    members = table(world.node).batches[0].members
    assert [m.covers for m in members] == [m.id not in world.ids[:8] for m in members]
    told = ask(world, variant(world, 0))
    assert told.reason.startswith(NotAnswerable.TOO_FEW_PEOPLE.reason)
    assert ask(world, variant(world, rare_of(world, 3))).exists is True


def test_who_opened_in_another_dataset_or_by_mistake_hides_nobody_here(tmp_path):
    """What was told of her once is known for ever."""
    world = make_world(tmp_path / "w")
    on_day(world, 1)
    says(world.node, world.ids[0], Said.GIVEN, dataset="other", use=GRU, open=genes("ONE"))
    wrong = says(world.node, world.ids[1], Said.GIVEN, use=GRU, open=genes("ONE"))
    cancel_statement(world.node, world.ids[1], wrong, by="test")
    release(world.node, DATASET)
    members = table(world.node).batches[0].members
    assert [m.id for m in members if not m.covers] == world.ids[:2]
    assert table(world.node).openers == ()
