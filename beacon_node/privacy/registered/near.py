"""Where an account asked before, and among whom: two answers there could be subtracted.

Near a place an account asks among one group of people only, ever. A group has a name of two parts:
how the people are chosen (dataset, filters, purpose), and who they are then.
"""

from collections.abc import Iterable

from beacon_node.errors import NotPermitted
from beacon_node.privacy.registered.account import Account, Place

ELSEWHERE = "elsewhere"  # stands for every group of another dataset with some of the same people
_GRANT = "a data access committee can grant exact counts"
_JOINED = (
    "people joined or left this dataset since this account asked near this place, and the "
    "difference of two answers could show one of them: the earlier answer stands and is not given "
    f"again, so write answers down; elsewhere it can be asked; {_GRANT}"
)
_ELSEWHERE = (
    "this account has asked near this place in another dataset here that has some of the same "
    "people, and the difference of two answers could show who is in one alone: ask elsewhere, or "
    f"of one of them only; {_GRANT}"
)
_OTHER_GROUP = (
    "this account has asked near this place among another group of people, and two groups could "
    f"be subtracted from each other: ask with the same filters as before; {_GRANT}"
)


def group_of(chosen: str, people: str) -> str:
    """Return the name of a group from those of how it is chosen and of who is in it."""
    return f"{chosen}.{people}"


def refuse_near(
    accounts: Iterable[Account], place: Place | None, group: str, distance: int
) -> None:
    """Raise NotPermitted if one of these accounts asked near `place` among others than `group`."""
    for account in accounts:
        earlier = account.group_near(place, group, distance)
        if earlier is not None:
            raise NotPermitted(_why(earlier, group))


def _why(earlier: str, group: str) -> str:
    if earlier == ELSEWHERE:
        return _ELSEWHERE
    is_chosen_alike = earlier.partition(".")[0] == group.partition(".")[0]
    return _JOINED if is_chosen_alike else _OTHER_GROUP
