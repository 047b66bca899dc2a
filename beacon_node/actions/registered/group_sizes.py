"""How many people there are, and how many a filter selects."""

from dataclasses import dataclass, replace

from beacon_node.actions.registered.asked import Asked
from beacon_node.actions.registered.callable import CallableThere
from beacon_node.actions.registered.charges import charge
from beacon_node.actions.registered.posed import Posed
from beacon_node.actions.registered.reasons import Why
from beacon_node.actions.registered.release import Seated, for_life, members_digest
from beacon_node.errors import NotPermitted, ReleasedAnew
from beacon_node.model.answer import Refused
from beacon_node.model.carriers import NumberSet
from beacon_node.privacy.registered.account import Place
from beacon_node.privacy.registered.count import Group, Question
from beacon_node.privacy.registered.groups import group_size
from beacon_node.privacy.registered.prices import phenotype_price


def of_people(posed: Posed) -> Asked | Refused:
    """Return the question how many people there are, of those who meet the filters."""
    reference = posed.release.reference.members()
    if isinstance(reference, Why):
        return posed.refused(reference)
    everybody = posed.people(replace(posed.plan, filters=(), filters_key="")).asked_about
    matching, seats = posed.people(posed.plan).asked_about, posed.seats
    people = Group(for_life(matching, seats), for_life(everybody, seats))
    prices = phenotype_price(posed.bounds)
    group = posed.group(*(members_digest(one, seats) for one in (everybody, matching)))
    return posed.by.asked(posed.key, Question(people, reference, prices, group=group))


@dataclass(frozen=True, slots=True, repr=False)
class Selected:
    """Whom filters select, by release number, what names them, and where it is asked about them."""

    people: NumberSet
    group: str
    place: Place


def size_of_group(
    posed: Posed, there: CallableThere, seated: Seated, selected: Selected
) -> int | Refused:
    """Return a lower bound of how many people the filters select where the question is about, but
    for those who hide nobody.

    It is charged, drawn once and stored; the same draw serves all places where the same people can
    be asked about.
    """
    reference = posed.release.reference.members()
    if isinstance(reference, Why):
        return posed.refused(reference)
    hiding = (selected.people & seated.there) - posed.release.hiding_nobody
    matching = for_life(hiding, posed.seats)
    people, prices = Group(matching, seated.seats), phenotype_price(posed.bounds)
    question = Question(people, reference, prices, group=selected.group)
    by, named = posed.by, f"size of {posed.filters} among {there.name}"
    asked = by.asked(named, question, near=selected.place)
    outcomes = charge(by.node, [asked], by.moment, record=None)
    if outcomes is None:  # a consent was recorded: whoever asks decides anew
        raise ReleasedAnew(by.dataset.id)
    found = outcomes[by.dataset.id]
    by.sizes.append((asked, found))
    if isinstance(found, Refused):
        return found
    try:
        return group_size(found.noisy, posed.bounds)
    except NotPermitted as error:
        return posed.refused(str(error))
