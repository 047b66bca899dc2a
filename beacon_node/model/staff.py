"""Who works at a node: roles, each change of which is an entry of the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class StaffRole(StrEnum):
    """What somebody may do at the node besides asking. Who decides about applications is said by
    the committee itself (`model.dac`)."""

    ADMINISTRATOR = "administrator"  # gives and takes roles
    CONSENT_MANAGER = "consent_manager"  # records withdrawals, and reads what is on record
    AUDITOR = "auditor"  # reads who has which role, and the audit


@dataclass(frozen=True, slots=True)
class RoleChange:
    """An account gets a role (`is_given`), or loses it; `reason` may be empty."""

    account: str
    role: StaffRole
    is_given: bool
    reason: str = ""


def with_role(
    roles: Mapping[str, frozenset[StaffRole]], change: RoleChange
) -> dict[str, frozenset[StaffRole]]:
    """Return who has which role after a change; who has none is left out.

    >>> given = with_role({}, RoleChange("acc-1", StaffRole.AUDITOR, is_given=True))
    >>> given, with_role(given, RoleChange("acc-1", StaffRole.AUDITOR, is_given=False))
    ({'acc-1': frozenset({<StaffRole.AUDITOR: 'auditor'>})}, {})
    """
    held, one = roles.get(change.account, frozenset()), frozenset({change.role})
    found = {**roles, change.account: held | one if change.is_given else held - one}
    return {account: some for account, some in found.items() if some}


@dataclass(frozen=True, slots=True)
class Configured:
    """The settings of a node are others than they were. `settings` has those that are not at their
    default, `changed` each that changed with its old and new value (None: the default);
    `digest` is of all of them."""

    settings: dict[str, object]
    changed: dict[str, list]
    digest: str
