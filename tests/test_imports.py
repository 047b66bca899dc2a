"""Who may import whom, read from the source: imports inside functions count like any other."""

import ast
import graphlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "beacon_node"
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}

MODEL = {"errors", "model"}
PORTS = MODEL | {"ports"}
PURE = PORTS | {"policy", "privacy", "attacks", "beacon_v2"}
BROKER_EDGES = {"randomness", "crypto", "identity", "federation", "notify"}
EDGES = BROKER_EDGES | {"configuration", "settings", "store", "storage", "ingest"}
NODE = PURE | EDGES | {"node"}

# Part → the parts it may import besides itself. A part that is not here may import nothing.
MAY_IMPORT = {
    "__init__": set(),
    "errors": set(),
    "model": {"errors"},
    "ports": MODEL,
    "policy": PORTS,
    "privacy": PORTS,
    "attacks": PORTS,
    "beacon_v2": PORTS,
    "configuration": {"errors"},
    "settings": PORTS | {"configuration", "privacy"},
    "randomness": PORTS,
    "storage": {"errors"},
    "store": PORTS | {"storage"},
    "ingest": PORTS,
    "crypto": PORTS,
    "identity": PORTS | {"crypto", "policy", "storage"},
    "federation": PORTS | {"crypto", "beacon_v2"},
    "client": PORTS | {"crypto", "beacon_v2"},
    "notify": PORTS,
    "broker": PURE | BROKER_EDGES | {"configuration", "storage", "web"},
    "node": PURE | EDGES,
    "actions": NODE,
    "web": PURE,
    "node_web": NODE | {"actions", "web"},
    "cli": NODE | {"actions", "web", "node_web", "broker", "client", "demo"},
    "demo": NODE | {"actions", "client"},
}

# Library → the parts that may use it.
ONLY_IN = {
    "sqlite3": {"store", "storage", "broker"},  # the broker's own state, in broker/state
    "sqlite_utils": {"store", "storage", "broker"},
    "flask": {"web", "node_web", "broker"},
    "werkzeug": {"web", "node_web", "broker"},
    "jinja2": {"web", "node_web", "broker"},
    "requests": {"federation", "identity", "client"},
    "urllib3": {"federation", "identity", "client"},
    "authlib": {"identity"},
    "argon2": {"identity"},
    "jwt": {"crypto"},
    "cryptography": {"crypto"},
    "opendp": {"randomness"},
    "smtplib": {"notify"},
    "cyvcf2": {"ingest", "demo"},
    "obonet": {"ingest"},
    "isal": {"ingest"},
    "granian": {"cli", "node_web", "broker"},
    "click": {"cli"},
    "rich": {"cli", "demo"},
}

PURE_PARTS = {"errors", "model", "ports", "policy", "privacy", "attacks", "beacon_v2"}

# All that pure code may use: no clock, chance, file, network, database or environment among them.
PURE_LIBRARIES = {
    *("abc", "array", "base64", "binascii", "bisect", "collections", "contextlib", "csv"),
    *("dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "hashlib"),
    *("heapq", "hmac", "io"),  # io for texts in memory: open() is forbidden below
    *("itertools", "json", "math", "operator", "re", "statistics", "string", "struct"),
    *("types", "typing", "unicodedata", "urllib.parse"),
    *("numpy", "scipy", "pyroaring", "orjson"),
}
EFFECTS = {"open", "print", "input", "breakpoint", "exec", "eval", "__import__"}
CLOCK_READS = {"now", "utcnow", "today"}

MAY_CATCH_EVERYTHING = {"web", "node_web", "cli"}
ONE_BAD_MEMBER = "beacon_node.broker.fan_out"  # must not take the others' answers down
OURS = "beacon_node"


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def part(module: str) -> str:
    """Return the folder or file under beacon_node that a module belongs to."""
    names = module.split(".")
    return names[1] if len(names) > 1 else "__init__"


def imported(module: str) -> Iterator[str]:
    """Yield what a module imports, by full name; `from a import b` is `a.b` if that is a module."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: imports are absolute"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module


def library(name: str) -> str:
    return "urllib.parse" if name == "urllib.parse" else name.split(".")[0]


every_module = pytest.mark.parametrize("module", MODULES)
pure_modules = pytest.mark.parametrize("module", [m for m in MODULES if part(m) in PURE_PARTS])


@every_module
def test_a_part_imports_only_what_stands_below_it(module):
    used = {part(name) for name in imported(module) if library(name) == OURS}
    assert used - {part(module), "__init__"} <= MAY_IMPORT.get(part(module), set())


@every_module
def test_a_library_is_used_only_in_its_own_part(module):
    used = {library(name) for name in imported(module)}
    assert not {name for name in used & ONLY_IN.keys() if part(module) not in ONLY_IN[name]}


@pure_modules
def test_pure_code_uses_no_library_with_effects(module):
    used = {library(name) for name in imported(module)} - {OURS}
    assert used <= PURE_LIBRARIES


@pure_modules
def test_pure_code_touches_neither_files_nor_the_clock(module):
    calls = [node.func for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    named = {call.id for call in calls if isinstance(call, ast.Name)}
    clock = {
        ast.unparse(call)
        for call in calls
        if isinstance(call, ast.Attribute)
        and call.attr in CLOCK_READS
        and ast.unparse(call.value).split(".")[-1] in ("datetime", "date")
    }
    assert not named & EFFECTS and not clock


def test_no_module_imports_itself_by_a_detour():
    graph = {m: {name for name in imported(m) if name in MODULES} - {m} for m in MODULES}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError and names the cycle


@every_module
def test_everything_is_caught_only_where_a_program_ends(module):
    caught = [
        node.lineno
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
    ]
    assert not caught or part(module) in MAY_CATCH_EVERYTHING or module == ONE_BAD_MEMBER


@every_module
def test_no_function_changes_module_state(module):
    assert not [node for node in ast.walk(tree(module)) if isinstance(node, ast.Global)]


@every_module
def test_only_disclose_says_anything(module):
    """Only `privacy.disclose` makes an answer; everything else passes it on."""
    said = {
        ast.unparse(node.func).split(".")[-1]
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call)
    }
    assert module == "beacon_node.privacy.disclose" or not said & {"Answer", "DatasetAnswer"}
