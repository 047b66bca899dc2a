"""The DUO terms that Beacon v2 dataset entries declare, as hospitals write them."""

from collections.abc import Iterable, Mapping

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.model.data_use import Use, read_terms
from beacon_node.model.duo_terms import DUO_TERMS, canonical_term

_FIELD = "dataUseConditions"


def declared_use(document: Mapping) -> Use | None:
    """Return the DUO terms that a Beacon v2 dataset entry declares, None if it declares none.

    The modifiers of a term are its parameter, such as the diseases of DS. Raises InvalidInput.
    """
    conditions = document.get(_FIELD)
    if not conditions:
        return None
    declared = _object(conditions).get("duoDataUse")
    if not declared:
        return None
    terms = declared if isinstance(declared, list) else [declared]
    try:
        return read_terms({"terms": [_term(_object(one)) for one in terms]})
    except InvalidRequest as bad:
        raise InvalidInput(str(bad), field=_FIELD) from bad


def united_use(declared: Use | None, documents: Iterable[Mapping | None]) -> Use | None:
    """Return all terms that were declared or that the documents state: each of them holds.

    None if nobody said any. Raises InvalidInput for a document whose terms cannot be read.
    """
    stated = [declared, *(declared_use(document) for document in documents if document)]
    said = [use.terms for use in stated if use is not None]
    return Use(frozenset().union(*said)) if said else None


def _term(declared: Mapping) -> dict:
    known = DUO_TERMS.get(canonical_term(str(declared.get("id", ""))))
    modifiers = declared.get("modifiers") or ()
    values = [_object(one).get("id") for one in modifiers]
    if not values or known is None or not known.parameter:
        return {"id": declared.get("id")}
    return {"id": declared.get("id"), "params": {known.parameter: values}}


def _object(value: object) -> Mapping:
    if not isinstance(value, Mapping):
        raise InvalidInput("an object is expected", field=_FIELD)
    return value
