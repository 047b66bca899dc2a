"""The privacy report of one dataset, or of all that are protected."""

from collections.abc import Iterator

from beacon_node.actions.privacy_report.attack import attacks_on
from beacon_node.actions.privacy_report.contents import (
    BatchFacts,
    DatasetReport,
    Report,
    Setting,
)
from beacon_node.actions.privacy_report.sites import Sampling
from beacon_node.actions.privacy_report.subject import Subject, subject_of
from beacon_node.actions.privacy_report.utility import utility_of
from beacon_node.actions.public_tier import public_words
from beacon_node.actions.registered.bounds import bounds_of
from beacon_node.model.consent_documents import moment_text
from beacon_node.node import Node
from beacon_node.ports import NO_PROGRESS, Progress
from beacon_node.privacy.likelihood import frequency_at
from beacon_node.privacy.registered.bounds import Bounds
from beacon_node.store.records import DatasetRecord

_SAMPLING = Sampling()


def privacy_report(
    node: Node,
    dataset_id: str = "",
    *,
    sampling: Sampling = _SAMPLING,
    progress: Progress = NO_PROGRESS,
) -> Report:
    """Return the report of a dataset, or of every protected one. Private to the operator.

    Nothing is recorded: it is no question. Raises NotFound, StoreUnavailable, LedgerBroken.
    """
    named = [node.catalogue.dataset(dataset_id)] if dataset_id else node.catalogue.datasets()
    records = [one for one in named if dataset_id or not one.is_open_data]
    reports = tuple(_report(node, one, sampling, progress) for one in records)
    return Report(moment_text(node.clock.now()), reports)


def _report(
    node: Node, record: DatasetRecord, sampling: Sampling, progress: Progress
) -> DatasetReport:
    release = node.catalogue.current_release(record.id)
    subject = None if record.is_open_data else subject_of(node, record)
    if subject is None:
        why = public_words(node, record, release)
        return DatasetReport(record.id, why or "open data: anybody is answered exactly, unguarded")
    if subject.genomes is None:
        return DatasetReport(record.id, "its reference genomes are not loaded any more")
    return DatasetReport(
        dataset=record.id,
        bound=subject.tier.bound,
        settings=_settings(subject),
        batches=tuple(_batches(subject)),
        waiting=subject.tier.waiting,
        utility=utility_of(subject, sampling, progress),
        attacks=attacks_on(subject, sampling, progress),
        is_rehearsal=subject.tier.is_rehearsal,
    )


def _settings(subject: Subject) -> tuple[Setting, ...]:
    tier = subject.tier
    told = {
        "α, strangers wrongly taken for members": f"{tier.false_positives:.0%}",
        "β, members found at most": f"{tier.power:.0%}",
        "k, counted carriers that make a yes": f"{tier.carriers_needed}",
        "public lifetime": f"{tier.lifetime}",
        "bound over all public lifetimes": f"{tier.stated_power:.0%}",
    }
    public = subject.budget * tier.lifetime
    counts = registered(bounds_of(subject.node), public)
    return tuple(Setting(*one) for one in (told | counts).items())


def registered(bounds: Bounds, public: float) -> dict[str, str]:
    """Return what registered counts may give away at most; `public` is the public tier's budget.

    >>> list(registered(Bounds(), 0.6931).values())
    ['15%', '25%', '41%', '26%', '43%', '71%']
    """
    institution = bounds.institution * bounds.budget
    sums = {
        "registered counts: one account": bounds.budget,
        "registered counts: one organisation or broker": institution,
        "registered counts: all accounts": bounds.pool * bounds.budget,
        "one account and public answers": bounds.budget + public,
        "one organisation or broker and public answers": institution + public,
        "all accounts and public answers": bounds.pool * bounds.budget + public,
    }
    return {name: f"{bounds.power(total):.0%}" for name, total in sums.items()}


def _batches(subject: Subject) -> Iterator[BatchFacts]:
    standing, needed = subject.standing.consenting, subject.tier.carriers_needed
    for number, batch in subject.opened.batches.items():
        if number not in standing:
            yield BatchFacts(number, batch.people, 0, is_open=False, answerable=0)
            continue
        most = subject.copies[number].most
        yield BatchFacts(
            number=number,
            people=batch.people,
            consenting=len(standing[number]),
            is_open=True,
            answerable=batch.answerable,
            least_frequency=frequency_at(batch.dearest, most, carriers_needed=needed),
        )
