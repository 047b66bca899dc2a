"""How many people there are, and how many a filter selects."""

from dataclasses import replace

from beacon_node.actions.registered.asked import Asked
from beacon_node.actions.registered.callable import CallableThere
from beacon_node.actions.registered.charges import charge
from beacon_node.actions.registered.posed import Posed
from beacon_node.actions.registered.reasons import Why
from beacon_node.actions.registered.release import Seated, for_life
from beacon_node.errors import NotPermitted, ReleasedAnew
from beacon_node.model.answer import Refused
from beacon_node.privacy.registered.count import Group, Question
from beacon_node.privacy.registered.groups import group_size
from beacon_node.privacy.registered.prices import phenotype_price


def of_people(posed: Posed) -> Asked | Refused:
    """Return the question how many people there are, of those who meet the filters."""
    reference = posed.release.reference.members(posed.filters)
    if isinstance(reference, Why):
        return posed.refused(reference)
    everybody = posed.people(replace(posed.plan, filters=(), filters_key="")).asked_about
    matching, seats = posed.people(posed.plan).asked_about, posed.seats
    people = Group(for_life(matching, seats), for_life(everybody, seats))
    prices = phenotype_price(posed.bounds)
    return posed.by.asked(posed.key, Question(people, reference, prices, group=posed.group))


def size_of_group(posed: Posed, there: CallableThere, seated: Seated) -> int | Refused:
    """Return a lower bound of how many people the filters select where the question is about.

    It is charged, drawn once and stored; the same draw serves all places where the same people can
    be asked about.
    """
    reference = posed.release.reference.members(posed.filters)
    if isinstance(reference, Why):
        return posed.refused(reference)
    matching = for_life(posed.people(posed.plan).asked_about & seated.there, posed.seats)
    question = Question(
        Group(matching, seated.seats), reference, phenotype_price(posed.bounds), group=posed.group
    )
    by = posed.by
    asked = by.asked(f"size of {posed.filters} among {there.name}", question)
    outcomes = charge(by.node, [asked], by.moment, record=None)
    if outcomes is None:  # a consent was recorded: whoever asks decides anew
        raise ReleasedAnew(by.dataset.id)
    found = outcomes[by.dataset.id]
    if isinstance(found, Refused):
        return found
    try:
        return group_size(found.noisy, posed.bounds)
    except NotPermitted as error:
        return posed.refused(str(error))
