"""What would help somebody whom some datasets of an answer did not answer."""

from collections.abc import Iterable, Mapping

from beacon_node.actions.applications.work import present_work
from beacon_node.model.answer import DatasetAnswer, Status
from beacon_node.model.help import Help
from beacon_node.model.requester import Requester
from beacon_node.node import Node
from beacon_node.policy.applications.ways import Standpoint, ways

_DENIED = frozenset({Status.NOT_PERMITTED, Status.BUDGET_SPENT})


def helps(
    node: Node, parts: Iterable[DatasetAnswer], requester: Requester
) -> Mapping[str, tuple[Help, ...]]:
    """Return what would help, by the dataset that did not answer; nothing for those that did.

    Looked up only where something was denied. Raises StoreUnavailable or LedgerBroken.
    """
    denied = [part.dataset_id for part in parts if part.status in _DENIED]
    if not denied:
        return {}
    who, url = _standpoint(node, requester), node.settings.public_url
    return {
        dataset: tuple(
            Help(way.step.value, way.words, f"{url}{way.path}") for way in ways(dataset, who)
        )
        for dataset in denied
    }


def _standpoint(node: Node, requester: Requester) -> Standpoint:
    work, account = present_work(node), requester.account
    return Standpoint(
        committee=work.committee,
        at=node.ledger.moment(node.clock.now()).at,
        account=account,
        applications=tuple(work.of_person(account)) if account else (),
        blocked=work.blocked_datasets(account) if account else frozenset(),
        login=_login(node),
    )


def _login(node: Node) -> str:
    """Return where people show who they are, empty where nobody can."""
    if node.settings.login.are_possible:
        return "/login"
    return "/whoami" if node.settings.access.trusts_somebody else ""
