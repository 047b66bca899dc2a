"""From cells to DUO terms with their parameters."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.consents.cells import Condition, Row, Values
from beacon_node.ingest.consents.dates import DateForm
from beacon_node.ingest.consents.toml import Table
from beacon_node.model.data_use import ConsentTerm, read_terms
from beacon_node.model.duo_terms import DUO_TERMS, named_term


@dataclass(frozen=True, slots=True)
class TermRule:
    """A term, when it applies, and where its parameter comes from (None: it takes none)."""

    term: str
    when: Condition
    parameter: Values | None

    @property
    def columns(self) -> Iterator[str]:
        yield from self.when.wanted
        yield from self.parameter.columns if self.parameter else ()

    def of(self, row: Row, dates: DateForm) -> ConsentTerm | None:
        """Return the term with its parameter, None if it does not apply to a row."""
        if not self.when.holds(row):
            return None
        if self.parameter is None:
            return ConsentTerm(self.term)
        known, values = DUO_TERMS[self.term], self.parameter.of(row)
        if not values:
            if known.needs_parameter:
                raise InvalidInput(_empty(known.shorthand, known.parameter), field=self._place)
            return ConsentTerm(self.term)
        return self._with(known.parameter, values, dates)

    @property
    def _place(self) -> str:
        return self.parameter.place if self.parameter else ""

    def _with(self, name: str, values: tuple[str, ...], dates: DateForm) -> ConsentTerm:
        try:
            told = _single(name, values, dates) if name in ("date", "months") else list(values)
            document = {"id": self.term, "params": {name: told}}
            (term,) = read_terms({"terms": [document]}).terms
            return term
        except InvalidRequest as bad:
            problem = str(bad).partition(": ")[2] or str(bad)
            raise InvalidInput(problem, field=self._place or name) from bad


def _empty(shorthand: str, parameter: str) -> str:
    return f"{shorthand} says nothing without its {parameter}"


def _single(name: str, values: tuple[str, ...], dates: DateForm) -> str | int:
    if len(values) != 1:
        raise InvalidRequest(f"{name}: one value is expected")
    if name == "date":
        return dates.read(values[0], "date").isoformat()[:10]
    return int(values[0]) if values[0].isdecimal() else 0


def read_term_rules(table: Table, dates: DateForm) -> tuple[TermRule, ...]:
    """Return the rules under `[[terms]]`, each knowing all values that any of them names."""
    rules = [read_rule(one, dates) for one in table.tables("terms")]
    if not rules:
        table.refuse("terms", "at least one [[terms]] is expected: nothing is permitted without")
    others = table.table("other_values")
    known = {column: frozenset(others.texts(column)) for column in others.values}
    for rule in rules:
        for column, values in rule.when.wanted.items():
            known[column] = known.get(column, frozenset()) | values
    return tuple(replace(rule, when=replace(rule.when, known=known)) for rule in rules)


def read_rule(table: Table, dates: DateForm) -> TermRule:
    term = named_term(table.text("duo"))
    if term is None:
        table.refuse("duo", "a current DUO permission or modifier is expected (GRU, DUO:0000042)")
    name = DUO_TERMS[term].parameter
    parameter = Values.read(table, name) if name else None
    rule = TermRule(term, Condition.read(table.table("when")), parameter)
    table.finish()
    if parameter and not list(parameter.columns):
        _check_constant(table, rule, dates)
    return rule


def _check_constant(table: Table, rule: TermRule, dates: DateForm) -> None:
    try:
        replace(rule, when=Condition({})).of(Row(0, {}), dates)
    except InvalidInput as bad:
        table.refuse(DUO_TERMS[rule.term].parameter, bad.problem)
