"""What follows from applications: grants at a moment, and who is blocked. Stored nowhere."""

from collections.abc import Iterable
from datetime import datetime

from beacon_node.model.application import Application, Block, Committee, State
from beacon_node.model.requester import Grant

EVERY_DATASET = "*"


def grants_of(
    account: str,
    applications: Iterable[Application],
    committee: Committee,
    blocks: Iterable[Block],
    *,
    at: datetime,
) -> tuple[Grant, ...]:
    """Return what an account may ask for at `at`, by application and dataset.

    A grant holds while the application is approved and has not ended, its holder is of its people,
    has accepted the present terms and is not blocked, and the committee decides about the dataset.
    One that too few people were for, some of them being one, rests until it is extended anew.
    """
    blocked = {block.dataset for block in blocks if block.account == account}
    if not account or EVERY_DATASET in blocked:
        return ()
    return tuple(
        grant
        for application in applications
        if _holds(application, account, committee, at)
        for grant in _grants(application)
        if grant.dataset_id in committee.datasets - blocked
    )


def _holds(application: Application, account: str, committee: Committee, at: datetime) -> bool:
    return (
        application.state is State.APPROVED
        and at < application.award.until
        and account in application.people
        and application.accepted(account) == committee.terms_version
        and not is_undecided(application, committee)
    )


def is_undecided(application: Application, committee: Committee) -> bool:
    """Say whether fewer people were for an award than it seemed, and than are needed."""
    judges = frozenset(application.judges) - application.people
    return application.is_short and len(judges) < committee.votes_needed


def _grants(application: Application) -> Iterable[Grant]:
    award = application.award
    for dataset in sorted(award.datasets):
        yield Grant(
            dataset_id=dataset,
            purpose=application.form.purpose,
            until=award.until,
            reference=application.id,
            ceiling=award.granularity,
            decided=award.decided,
        )


def blocks_of(applications: Iterable[Application]) -> tuple[Block, ...]:
    """Return who is blocked by revoked applications: everybody of them, for their datasets."""
    return tuple(
        Block(account, dataset, f"application {application.id} was revoked")
        for application in applications
        if application.state is State.REVOKED
        for account in sorted(application.people)
        for dataset in sorted(application.award.datasets)
    )
