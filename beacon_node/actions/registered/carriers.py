"""How many people carry one allele: whom the question is about, and what its answer costs."""

from dataclasses import dataclass, replace

from beacon_node.actions.public_tables import open_table
from beacon_node.actions.registered.asked import Asked
from beacon_node.actions.registered.callable import CallableThere
from beacon_node.actions.registered.group_sizes import Selected, size_of_group
from beacon_node.actions.registered.posed import Posed
from beacon_node.actions.registered.reasons import Why
from beacon_node.actions.registered.reference import AlleleFacts
from beacon_node.actions.registered.release import Seated, for_life, members_digest
from beacon_node.model.answer import Refused, Status
from beacon_node.model.public_tier import Missing
from beacon_node.model.query import AlleleSet
from beacon_node.model.variation import Allele
from beacon_node.privacy.registered.account import Place
from beacon_node.privacy.registered.count import Group, Question
from beacon_node.privacy.registered.crowd import Crowd, Frequency
from beacon_node.privacy.registered.prices import Prices, price_list


@dataclass(frozen=True, slots=True, repr=False)
class _Facts:
    """What is public of an allele, and who can be asked about it."""

    allele: Allele
    there: CallableThere
    known: AlleleFacts

    @property
    def place(self) -> Place:
        return Place(self.allele.reference_name, self.allele.start, self.allele.end)


def of_carriers(posed: Posed, allele: Allele) -> Asked | Refused:
    facts = _facts(posed, allele)
    if not isinstance(facts, _Facts):
        return facts
    everybody = posed.people(replace(posed.plan, filters=(), filters_key=""))
    counted = posed.by.own.people, everybody.asked_about
    seated = posed.release.seated(*counted, facts.there, posed.seats)
    population = posed.release.population(*counted, posed.seats)
    if seated.crowd.two + seated.crowd.one < posed.bounds.group_floor:
        return posed.refused(Why.TOO_FEW_PEOPLE)
    prices = _prices(posed, seated.crowd, facts.known.frequency)
    if not prices.is_affordable(posed.bounds):  # nor would it be among fewer
        return posed.refused(Why.TOO_RARE)
    if posed.filters:
        return _of_some(posed, facts, seated, population)
    carriers = for_life(everybody.carriers & seated.there, posed.seats)
    among = Group(carriers, seated.seats, seated.one_copy)
    question = Question(among, facts.known.reference, prices, facts.place, posed.group(population))
    return posed.by.asked(posed.key, question)


def _of_some(posed: Posed, facts: _Facts, seated: Seated, population: str) -> Asked | Refused:
    """Return the question about those who meet the filters; all have two copies."""
    found, seats = posed.people(posed.plan), posed.seats
    group = posed.group(population, members_digest(found.asked_about, seats))
    selected = Selected(found.asked_about, group, facts.place)
    size = size_of_group(posed, facts.there, seated, selected)
    if isinstance(size, Refused):
        return size
    prices = _prices(posed, Crowd(two=size), facts.known.frequency)
    if not prices.is_affordable(posed.bounds):
        return posed.refused(Why.TOO_RARE)
    asked = for_life(found.asked_about & seated.there, seats)
    carriers = for_life(found.carriers & seated.there, seats)
    among = Group(carriers, asked)
    question = Question(among, facts.known.reference, prices, facts.place, group)
    return posed.by.asked(posed.key, question)


_MISSING = {
    Missing.PANEL: Why.PANEL_GONE,
    Missing.GENOMES: Why.NO_GENOMES,
    Missing.ASSAY: Why.NO_ASSAY,
}


def _facts(posed: Posed, allele: Allele) -> _Facts | Refused:
    release, dataset = posed.release, posed.by.dataset
    if dataset.public.missing:  # it tells the first of all that is
        return posed.refused(_MISSING[dataset.public.missing])
    if not _is_sequenced(posed, allele):
        return Refused(dataset.id, Status.NOT_SEQUENCED, "")
    there = release.callable.at(allele)
    if posed.filters and not there.all_have_two:
        return posed.refused(Why.HALF_COPIES)
    known = release.reference.of(allele)
    return posed.refused(known) if isinstance(known, Why) else _Facts(allele, there, known)


def _is_sequenced(posed: Posed, allele: Allele) -> bool:
    """Say whether the dataset was sequenced there, as the public is told: by what was declared of
    it, never by who is in it."""
    opened = open_table(posed.by.node, posed.by.dataset)
    return opened is None or opened.table.assays.covers_any((AlleleSet((allele,)),))


def _prices(posed: Posed, crowd: Crowd, frequency: Frequency) -> Prices:
    known, bounds = posed.by.node.prices, posed.bounds
    found = known.get(bounds)
    if found is None:
        found = known.setdefault(bounds, price_list(bounds))
    return found(crowd, frequency)
