"""What a committee should know of each dataset before it decides: the terms, and how many people.

For those who judge an application, never for who applies: under many purposes asked for, the
numbers would tell what people consented to.
"""

from dataclasses import dataclass

from beacon_node.actions.consented_people import consented
from beacon_node.actions.diseases import loaded_mondo
from beacon_node.model.application import Application
from beacon_node.model.bands import band
from beacon_node.model.consent import DataType, UseKind
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.decision import NeededConsent
from beacon_node.model.ledger import Moment
from beacon_node.model.people import Consented
from beacon_node.model.verdict import Outcome, Verdict
from beacon_node.node import Node
from beacon_node.policy.access import is_open_data
from beacon_node.policy.data_use import after_review, match
from beacon_node.ports import Dataset

NOT_RELEASED = "It has no release: nobody is answered about it."
OPEN_DATA = "It is open data: it answers anybody, and needs no grant."
NO_TERMS = "Nobody has said which uses it permits: it answers nobody."


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """How a purpose stands to one dataset.

    `verdict` is on the dataset's own terms, with the points decided that the award decides; None
    where there is nothing to judge, `note` says why. `people` is the band of those who are counted
    in answers, `people_after_review` of those who would be if all of `points` were decided: the
    open points of the dataset's terms, as `award.decided` takes them.
    """

    dataset: str
    note: str = ""
    verdict: Verdict | None = None
    points: frozenset[str] = frozenset()
    people: str = ""
    people_after_review: str = ""


def reports(node: Node, application: Application) -> tuple[DatasetReport, ...]:
    """Return a report on each dataset of an application, as things are now."""
    moment = node.ledger.moment(node.clock.now())
    released = {dataset.id: dataset for dataset in node.store.datasets()}
    wanted = sorted(application.form.datasets)
    decided = application.award.decided if application.award else frozenset()
    return tuple(
        _report(node, released[id], (application.form.purpose, decided), moment)
        if id in released
        else DatasetReport(id, NOT_RELEASED)
        for id in wanted
    )


def _report(
    node: Node, dataset: Dataset, asked: tuple[ResearchPurpose, frozenset[str]], moment: Moment
) -> DatasetReport:
    if is_open_data(dataset):
        return DatasetReport(dataset.id, OPEN_DATA)
    if dataset.use is None:
        return DatasetReport(dataset.id, NO_TERMS)
    purpose, decided = asked
    day = moment.at.date()
    found = match(dataset.use, purpose, loaded_mondo(node.knowledge), as_of=day)
    found = after_review(found, decided)
    points = _points(found)
    return DatasetReport(
        dataset.id,
        verdict=found,
        points=points,
        people=_people(node, dataset, NeededConsent(_USE, purpose, decided), moment),
        people_after_review=_people(
            node, dataset, NeededConsent(_USE, purpose, decided | points), moment
        ),
    )


_USE = UseKind.RECORD_LEVEL


def _points(verdict: Verdict) -> frozenset[str]:
    asking = (one for one in verdict.reasons if one.outcome is Outcome.MANUAL_REVIEW)
    return frozenset(one.point for one in asking)


def _people(node: Node, dataset: Dataset, needed: NeededConsent, moment: Moment) -> str:
    found = consented(node, dataset, needed, moment)
    return band(len(found.by_type[DataType.VARIANTS]) if isinstance(found, Consented) else 0)
