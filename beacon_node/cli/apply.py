"""`beacon-node apply` and `applications`: access to several sites, each of which decides itself."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from beacon_node.cli.at import needs_address, open_client
from beacon_node.cli.common import Session, with_session
from beacon_node.cli.output import Output
from beacon_node.client import Application, BeaconClient, Came, SiteApplication
from beacon_node.errors import InvalidInput, InvalidRequest, NoNodeAnswered
from beacon_node.model.federation_documents import text
from beacon_node.model.row_words import MEANINGS

COLUMNS = ("site", "application", "state", "you may")
_DEEDS = ("submit", "withdraw", "close")
_FIELDS = "title, description, purpose, datasets"


@click.command()
@needs_address
@click.option("--sites", metavar="A,B", help="Ids of sites; by default all that the form names.")
@click.option("--form", "file", metavar="FILE", required=True, help=f"TOML: {_FIELDS} …")
@click.option("--submit", is_flag=True, help="Accept each site's terms as printed, and submit.")
@with_session
def apply(session: Session, file: str, sites: str | None, submit: bool, **told: Any) -> int:
    """Open an application at each of several sites; --submit hands it in.

    FILE says what for, and which datasets of which site:

    \b
      title = "Hereditary breast cancer"
      description = "…"
      purpose = { categories = ["biomedical"], organisation = "not_for_profit" }
      granularity = "count"
      [datasets]
      "org.north" = ["cohort"]
      "org.south" = ["biobank", "panel"]

    Each site's committee decides for itself. Every chosen site is shown your identity visas; other
    sites learn nothing of it.
    """
    form, datasets = read_form(file)
    chosen = {site: datasets[site] for site in _chosen(sites, datasets, file)}
    client = open_client(told["at"], told["token_file"], told["timeout"])
    found = client.committees.open(form, chosen)
    if submit and found.id:
        found = _submitted(session, client, found)
    _show(session, found)
    return _exit_code(found)


@click.command()
@click.argument("id", required=False)
@needs_address
@click.option("--do", "deed", type=click.Choice(_DEEDS), help="Do this to application ID.")
@click.option("--sites", metavar="A,B", help="At these sites alone.")
@click.option("--comment", default="", help="For the committee.")
@with_session
def applications(
    session: Session, id: str | None, deed: str | None, sites: str | None, **told: Any
) -> int:
    """List what you applied for, show application ID, or act on it: a row per site."""
    client = open_client(told["at"], told["token_file"], told["timeout"])
    if id is None:
        if deed or sites:
            raise click.UsageError("--do and --sites need the ID of an application")
        _show_all(session, client.applications())
        return 0
    if deed is None:
        found = client.committees.show(id)
    else:
        command = {"do": deed} | ({"comment": told["comment"]} if told["comment"] else {})
        found = client.committees.act(id, command, tuple(sites.split(",")) if sites else ())
    _show(session, found)
    return _exit_code(found)


def _chosen(sites: str | None, datasets: Mapping[str, Sequence[str]], file: str) -> list[str]:
    chosen = [one.strip() for one in sites.split(",") if one.strip()] if sites else list(datasets)
    for site in chosen:
        if site not in datasets:
            problem = f"it names no datasets of {site}; known are: {', '.join(datasets) or 'none'}"
            raise InvalidInput(problem, file=file, field="datasets")
    return list(dict.fromkeys(chosen))


def read_form(file: str) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the form that is the same at every site, and the datasets of each."""
    try:
        form = tomllib.loads(Path(file).read_text("utf-8"))
    except OSError as error:
        raise InvalidInput(f"cannot be read ({error.strerror})", file=file) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"no TOML: {error}", file=file) from error
    datasets = form.pop("datasets", None)
    if not isinstance(datasets, dict) or not datasets:
        problem = 'a table of sites is expected: "org.north" = ["cohort"]'
        raise InvalidInput(problem, file=file, field="datasets")
    for site, named in datasets.items():
        if not isinstance(named, list) or not named or not all(isinstance(n, str) for n in named):
            problem = "a list of its datasets is expected"
            raise InvalidInput(problem, file=file, field=f"datasets.{site}")
    until = form.get("until")
    if until is not None and hasattr(until, "isoformat"):  # TOML has moments of its own
        form["until"] = until.isoformat()
    _check_form(form, file)
    return form, datasets


def _check_form(form: Mapping[str, Any], file: str) -> None:
    from beacon_node.model.application_documents import read_command

    try:
        read_command({"do": "save-draft", "form": {**form, "datasets": ["any"]}})
    except InvalidRequest as error:
        field, _, problem = str(error).partition(": ")
        raise InvalidInput(problem, file=file, field=field.removeprefix("form.")) from error


def _submitted(session: Session, client: BeaconClient, found: Application) -> Application:
    """Print each site's terms, accept them there, and hand in everywhere."""
    opened = [site for site in found.sites if site.id and site.came is Came.ANSWERED]
    for site in opened:
        if site.terms and "accept-terms" in site.may:
            version = text(site.terms.get("version"))
            session.output.note(f"Terms of {site.site_name}, version {version}:")
            for line in str(site.terms.get("text", "")).splitlines():
                session.output.note(text(line, len(line)))  # whole: it is what is accepted
            accepts = {"do": "accept-terms", "version": version}
            client.committees.act(found.id, accepts, (site.site,))
    handed_in = client.committees.act(
        found.id, {"do": "submit"}, tuple(site.site for site in opened)
    )
    told = {site.site: site for site in handed_in.sites}
    return Application(found.id, tuple(told.get(site.site, site) for site in found.sites))


# ---- showing -------------------------------------------------------------------------------------


def _show(session: Session, found: Application) -> None:
    output = session.output
    output.result(_document(found), lambda: _print(output, found))


def _print(output: Output, found: Application) -> None:
    if found.id:
        output.sentence(f"Application {found.id}")
        output.sentence("")
    output.table(COLUMNS, map(_cells, found.sites))
    for site in found.sites:
        if site.came is not Came.ANSWERED:
            output.sentence(f"{site.site_name}: {site.reason or MEANINGS[site.came]}")


def _cells(site: SiteApplication) -> tuple[str, ...]:
    is_shown = site.came is Came.ANSWERED
    return (
        site.site_name,
        site.id,
        site.state if is_shown else site.came.value,
        ", ".join(site.may),
    )


def _show_all(session: Session, found: Sequence[Application]) -> None:
    rows = [(one.id, site.title, *_cells(site)[:3]) for one in found for site in one.sites]
    columns = ("id", "title", *COLUMNS[:3])
    documents = {"applications": [_document(one) for one in found]}
    session.output.result(documents, lambda: session.output.table(columns, rows))


def _document(found: Application) -> dict:
    return {
        "id": found.id or None,
        "sites": [
            {
                "site": site.site,
                "name": site.site_name,
                "status": site.came.value,
                "reason": site.reason or None,
                "application": site.id or None,
                "state": site.state or None,
                "may": site.may,
            }
            for site in found.sites
        ],
    }


def _exit_code(found: Application) -> int:
    is_shown = any(site.came is Came.ANSWERED for site in found.sites)
    return 0 if is_shown else NoNodeAnswered.exit_code
