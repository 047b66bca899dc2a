"""`beacon-node …`: the outermost handler of every command."""

import os
import sys
from collections.abc import Sequence

import click

from beacon_node import __version__
from beacon_node.cli.lazy import LazyGroup
from beacon_node.errors import BeaconNodeError

BUG = 70
INTERRUPTED = 130

COMMANDS = {
    "init": ("node", "Make the home folder of a new node."),
    "dataset": ("dataset", "Declare, show and remove datasets and people."),
    "load": ("load", "Load files into the draft of a dataset."),
    "release": ("load", "Let what was loaded answer from now on."),
    "consent": ("consent", "Record, import and show what people agreed to."),
    "dac": ("dac", "Applications for grants: the committee, votes, blocks, exports."),
    "roles": ("roles", "Who administers the node, manages consents, audits."),
    "accounts": ("accounts", "Local accounts with passwords, for small sites."),
    "audit": ("audit", "Sign, verify, read and report what is on record."),
    "keys": ("keys", "Show and exchange the keys that others check signatures with."),
    "privacy": ("privacy", "Report what answers give away, before you go public."),
    "annotate": ("annotate", "Load what names mean: genes, ClinVar, ontologies …"),
    "serve": ("serve", "Answer over HTTP."),
    "query": ("query", "Ask this node a question, or all sites of a network (--at)."),
    "whoami": ("whoami", "Say what your token gives at an address; state your purpose."),
    "apply": ("apply", "Apply for access to the data of several sites at once."),
    "applications": ("apply", "List, show and withdraw what you applied for."),
    "feasibility": ("feasibility", "Count who meets the criteria of a trial, at all sites."),
    "status": ("node", "Show what this node holds."),
    "network": ("network", "Join networks of nodes, and leave them."),
    "broker": ("broker", "Run a network: ask all its nodes at once."),
}


@click.group(
    cls=LazyGroup, listed=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="beacon-node")
def commands() -> None:
    """A node that answers GA4GH Beacon v2 questions from a hospital's own data."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the process with its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(arguments))


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code; a failure is told in one sentence on stderr."""
    as_json = "--json" in arguments
    try:
        outcome = commands.main(arguments, prog_name="beacon-node", standalone_mode=False)
        sys.stdout.flush()
        return outcome if isinstance(outcome, int) else 0
    except click.ClickException as error:
        return _tell(as_json, "UsageError", _usage(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _tell(as_json, "Interrupted", "stopped", INTERRUPTED)
    except BeaconNodeError as error:
        return _tell(as_json, type(error).__name__, str(error), error.exit_code)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _tell(as_json, "Bug", _incident(error), BUG)


def _tell(as_json: bool, kind: str, message: str, exit_code: int) -> int:
    if as_json:
        import json

        problem = {"kind": kind, "message": message, "exit_code": exit_code}
        print(json.dumps({"error": problem}), file=sys.stderr)
    else:
        print(f"beacon-node: {message}", file=sys.stderr)
    return exit_code


def _usage(error: click.ClickException) -> str:
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    return f"{message.rstrip('.')} (see: {context.command_path} --help)"


def _incident(error: Exception) -> str:
    """Keep the trace where only this user can read it; return fixed words and the incident's id."""
    import secrets

    from beacon_node.web.incidents import keep_trace

    incident = secrets.token_hex(4)
    file = keep_trace(incident, error)
    if file is None:
        return f"this is a bug in beacon-node; incident {incident} (its trace could not be kept)"
    return f"this is a bug in beacon-node; incident {incident}, its trace is in {file}"


if __name__ == "__main__":
    main()
