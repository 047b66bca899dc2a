"""`beacon-node dataset terms`, and how DUO terms are told of a dataset."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from beacon_node.cli.choices import names
from beacon_node.cli.common import Session, with_session

if TYPE_CHECKING:
    from beacon_node.model.data_use import Use

# option → the parameter of `consent give` and of DUO terms that it completes
_PARAMETERS = {
    "disease": ("diseases", "MONDO:…", "What DS is limited to."),
    "country": ("countries", "FI|EU", "What GS is limited to."),
    "institution": ("institutions", "ID", "What IS is limited to."),
    "project": ("projects", "ID", "What PS is limited to."),
    "user": ("users", "ID", "What US is limited to."),
    "investigator": ("investigators", "ID", "With whom COL wants collaboration."),
    "months": ("months", "NUMBER", "How long TS allows use."),
    "not-before": ("date", "2030-01-31", "Until when MOR forbids publication."),
}


def terms_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--term` and what completes terms; each may be told several times."""
    for name, (_, metavar, text) in reversed(_PARAMETERS.items()):
        is_list = name not in ("months", "not-before")
        option = click.option(f"--{name}", multiple=is_list, metavar=metavar, help=text)
        function = option(function)
    text = "What it may be used for: a DUO shorthand or id; all that are told hold together."
    return click.option("--term", multiple=True, metavar="HMB|DUO:…", help=text)(function)


def told_use(told: Mapping[str, Any], *, is_needed: bool) -> "Use | None":
    """Return the use that the options of a command tell; None if none does and none is needed."""
    from beacon_node.actions.consent_statement import use_of

    parameters = {
        parameter: _several(told[option.replace("-", "_")])
        for option, (parameter, *_) in _PARAMETERS.items()
    }
    found = _several(told["term"])
    if not found and not is_needed and not any(parameters.values()):
        return None
    return use_of(found, parameters)


def _several(told: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return what was told: once, several times, or with commas."""
    texts = [told] if isinstance(told, str) else told or ()
    return tuple(name for text in texts for name in names(text))


@click.command()
@click.argument("id")
@terms_options
@with_session
def terms(session: Session, id: str, **told: Any) -> None:
    """Say what a dataset may be used for, instead of what was said before.

    It holds from the next release on. Terms that the dataset's own loaded entry states hold beside
    these.
    """
    from beacon_node.actions.manage_datasets import set_terms, show_dataset

    node = session.open_node()
    set_terms(node, id, told_use(told, is_needed=True))
    summary = show_dataset(node, id).summary
    found = summary.next_terms or summary.terms

    def show() -> None:
        session.output.sentence(f"{id} may be used under: {', '.join(found)}.")
        if summary.next_terms:
            waits = f"It holds from the next release on: beacon-node release {id}"
            session.output.sentence(waits)

    session.output.result({"dataset": id, "terms": found}, show)
