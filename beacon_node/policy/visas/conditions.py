"""Conditions of a visa: a list (OR) of lists (AND) of clauses about the holder's other visas."""

from collections.abc import Mapping, Sequence

from beacon_node.model.passport import Rule, TokenRefused, Visa

MAX_CLAUSES = 50  # of one visa, all alternatives together
LONGEST_ARGUMENT = 1_000  # characters
_CLAIMS = frozenset({"value", "source", "by"})


def supporting(conditions: list, among: Sequence[Visa]) -> tuple[Visa, ...]:
    """Return visas that meet `conditions`, one for each clause of an alternative; none: not met.

    `among` are the same person's good visas that have no conditions themselves. Of several ways the
    one that holds longest is returned. An empty alternative is not met: nothing confirms it. Raises
    TokenRefused (CONDITIONS_FORM) for what is no list of lists of objects.
    """
    _check_form(conditions)
    ways = (_alternative(clauses, among) for clauses in conditions)
    return max((way for way in ways if way), key=lambda w: min(v.until for v in w), default=())


def _check_form(conditions: list) -> None:
    if not all(isinstance(clauses, list) for clauses in conditions):
        raise TokenRefused(Rule.CONDITIONS_FORM)
    clauses = [clause for alternative in conditions for clause in alternative]
    if len(clauses) > MAX_CLAUSES or not all(isinstance(clause, dict) for clause in clauses):
        raise TokenRefused(Rule.CONDITIONS_FORM)


def _alternative(clauses: list[Mapping], among: Sequence[Visa]) -> tuple[Visa, ...]:
    met = [_longest(clause, among) for clause in clauses]
    return tuple(visa for visa in met if visa) if all(met) else ()


def _longest(clause: Mapping, among: Sequence[Visa]) -> Visa | None:
    """Return the visa that meets all of one clause and holds longest."""
    if not _is_correct(clause):
        return None
    tests = [(name, test) for name, test in clause.items() if name != "type"]
    fitting = (
        visa
        for visa in among
        if visa.type == clause["type"]
        and all(_meets(visa, name=name, test=test) for name, test in tests)
    )
    return max(fitting, key=lambda visa: visa.until, default=None)


def _is_correct(clause: Mapping) -> bool:
    """Say whether a clause is one: a plain type, and at least one other claim that it may name."""
    others = clause.keys() - {"type"}
    if "type" not in clause or not others or not others <= _CLAIMS:
        return False
    return all(isinstance(t, str) and len(t) <= LONGEST_ARGUMENT for t in clause.values())


def _meets(visa: Visa, *, name: str, test: str) -> bool:
    found = {"value": visa.value, "source": visa.source, "by": visa.by}[name]
    kind, has_argument, argument = test.partition(":")
    if found is None or not has_argument:
        return False
    if kind == "const":
        return found == argument
    if kind == "pattern":
        return fits(found, pattern=argument)
    return kind == "split_pattern" and any(
        fits(part, pattern=argument) for part in found.split(";")
    )


def fits(text: str, *, pattern: str) -> bool:
    """Say whether the whole of `text` fits: `?` is one character, `*` any run, all else itself.

    There are no escapes and no classes (Passport: Pattern Matching). Goes back only to the last
    `*`: at most len(text) * len(pattern) steps, where regular expressions could take for ever.

    >>> fits("faculty@uni.example", pattern="faculty@*"), fits("ab", pattern="a[b]")
    (True, False)
    """
    at = place = 0
    star = resume = -1
    while at < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, resume = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("?", text[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            resume += 1
            at, place = resume, star + 1
        else:
            return False
    return not pattern[place:].strip("*")
