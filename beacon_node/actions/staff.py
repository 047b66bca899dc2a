"""Who may do what at the node, by roles: looked up at each request, changed in the ledger alone."""

from dataclasses import replace

from beacon_node.actions.applications.work import present_work
from beacon_node.actions.sign_out import sign_out
from beacon_node.errors import Conflict, NotPermitted
from beacon_node.model.dac import Actor, check_role_change
from beacon_node.model.staff import RoleChange, StaffRole
from beacon_node.node import Node


def roles_of(node: Node, account: str) -> frozenset[StaffRole]:
    """Return the roles that somebody has now, whichever of their accounts they were given to."""
    if not account:
        return frozenset()
    held = present_work(node).roles
    found = (held.get(one, frozenset()) for one in node.ledger.linked().accounts(account))
    return frozenset().union(*found)


def require_role(node: Node, account: str, *roles: StaffRole) -> None:
    """Raises NotPermitted unless somebody has one of the roles."""
    if roles_of(node, account).isdisjoint(roles):
        named = " or ".join(roles)
        raise NotPermitted(
            f"this is for the role {named}; an administrator gives it: beacon-node roles add"
        )


def all_roles(node: Node) -> dict[str, frozenset[StaffRole]]:
    """Return who has which role now, by account."""
    return dict(sorted(present_work(node).roles.items()))


def change_role(node: Node, change: RoleChange, by: Actor) -> bool:
    """Give or take a role; return whether that changed anything. It holds from the next request on,
    in all processes; who loses a role is logged out everywhere.

    Raises NotPermitted unless `by` is an administrator, or acts through the operator of the
    machine; Conflict for the last administrator, whom only the operator can dismiss.
    """
    check_role_change(change)
    with node.ledger.deciding(now=node.clock.now()) as deciding:
        held, linked = deciding.roles(), deciding.linked
        person = frozenset(linked.accounts(change.account))
        administrators = {one for one, some in held.items() if StaffRole.ADMINISTRATOR in some}
        if not by.through and administrators.isdisjoint(linked.accounts(by.account)):
            raise NotPermitted("roles: only an administrator gives and takes them")
        having = sorted(one for one in person if change.role in held.get(one, ()))
        if bool(having) == change.is_given:
            return False
        is_last = change.role is StaffRole.ADMINISTRATOR and administrators <= person
        if is_last and not change.is_given and not by.through:
            raise Conflict(
                "this is the last administrator: give the role to somebody else first, or use "
                "beacon-node roles remove on the node's machine"
            )
        for account in having or [change.account]:
            deciding.add(replace(change, account=account), by)
    if not change.is_given:
        sign_out(node, change.account)
    return True
