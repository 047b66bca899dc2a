"""`beacon-node dataset filters`: by what registered counts may be filtered."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from beacon_node.cli.choices import names
from beacon_node.cli.common import Session, with_session

if TYPE_CHECKING:
    from beacon_node.actions.declared_filters import DeclaredFilter


@click.command()
@click.argument("id")
@click.option("--term", multiple=True, metavar="CURIE", help="A term; those below it count too.")
@click.option("--field", multiple=True, metavar="NAME", help="Such as diseases.ageOfOnset.")
@click.option("--none", "is_none", is_flag=True, help="Declare none: counts are of everybody.")
@with_session
def filters(
    session: Session, id: str, term: tuple[str, ...], field: tuple[str, ...], is_none: bool
) -> None:
    """Say by what registered counts of a dataset may be filtered, instead of what was said before.

    It holds from the next release on, and anybody can read the list. Without an option, what is
    declared is shown.
    """
    from beacon_node.actions.declared_filters import set_filters, show_filters

    terms, fields = _all(term), _all(field)
    if is_none and (terms or fields):
        raise click.UsageError(
            "name filters with --term and --field, or take them away with --none"
        )
    node, is_changed = session.open_node(), bool(is_none or terms or fields)
    found = (
        set_filters(node, id, terms=terms, fields=fields) if is_changed else show_filters(node, id)
    )
    session.output.result(
        {"dataset": id, "filters": found}, lambda: _show(session, id, found, is_changed)
    )


def _all(told: tuple[str, ...]) -> list[str]:
    return [name for text in told for name in names(text)]


def _show(session: Session, id: str, found: "Sequence[DeclaredFilter]", is_changed: bool) -> None:
    output = session.output
    if found:
        output.table(["filter", "label", "people#"], [[f.name, f.label, f.people] for f in found])
    else:
        output.sentence(f"Registered counts of {id} cannot be filtered.")
    for one in found:
        if one.is_too_small:
            output.sentence(
                f"{one.name} selects fewer than {one.least} people: such counts are not answered."
            )
    if is_changed:
        output.sentence(f"It holds from the next release on: beacon-node release {id}")
