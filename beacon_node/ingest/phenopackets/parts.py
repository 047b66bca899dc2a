"""The small shapes of the phenopacket schema, as the Beacon v2 default model writes them.

Each function returns None for what is absent or has no equivalent.
"""

from beacon_node.ingest.bff import is_ontology_term

_UNKNOWN = {"id": "NCIT:C17998", "label": "Unknown"}


def filled(body: dict) -> dict:
    """Return the object without the fields that hold nothing."""
    return {key: value for key, value in body.items() if value not in (None, [], {}, "")}


def child(holder: dict, key: str) -> dict:
    """Return an object inside another, an empty one for anything else."""
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


def children(holder: dict, key: str) -> list[dict]:
    """Return the objects of a list inside an object."""
    value = holder.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def ontology_term(value: object) -> dict | None:
    """Return `{id, label}` of an ontology class, nothing else of it."""
    if not is_ontology_term(value):
        return None
    return filled({"id": value["id"].strip(), "label": value.get("label")})


# ---- time --------------------------------------------------------------------------------------


def time_element(value: object) -> dict | None:
    """Return a TimeElement in Beacon's form, where the kind of time shows in its own keys.

    A timestamp becomes an interval of no length: Beacon's model says that a time element is an
    object. v1 writes an age as `{"age": "P3Y"}` and its range as `{"start": {"age": …}, …}`.
    """
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("timestamp"), str):
        return {"start": value["timestamp"], "end": value["timestamp"]}
    for key in ("age", "ageRange", "gestationalAge", "interval", "ontologyClass"):
        if isinstance(value.get(key), dict):
            return time_element(value[key])
    if isinstance(value.get("age"), str):
        return {"iso8601duration": value["age"]}
    if isinstance(value.get("start"), dict):
        ends = {key: time_element(value.get(key)) for key in ("start", "end")}
        return ends if all(ends.values()) else None
    return ontology_term(value) or _plain_time(value)


def _plain_time(value: dict) -> dict | None:
    known = ({"iso8601duration"}, {"weeks"}, {"start", "end"})
    return dict(value) if any(keys <= set(value) for keys in known) else None


def date_of(value: object) -> str | None:
    """Return the day (`2020-03-17`) of a time element that is a timestamp."""
    moment = value.get("timestamp") if isinstance(value, dict) else None
    return moment[:10] if isinstance(moment, str) else None


def duration_of(value: object) -> str | None:
    """Return the ISO 8601 duration of a time element that is an age."""
    found = time_element(value) or {}
    return found.get("iso8601duration")


# ---- measurements ------------------------------------------------------------------------------


def quantity(value: object) -> dict | None:
    """Return `{unit, value, referenceRange}`; a quantity without a number is none."""
    if not isinstance(value, dict) or not isinstance(value.get("value"), int | float):
        return None
    found = {
        "unit": ontology_term(value.get("unit")) or _UNKNOWN,
        "value": value["value"],
        "referenceRange": _range(value.get("referenceRange")),
    }
    return {key: item for key, item in found.items() if item is not None}


def _range(value: object) -> dict | None:
    if not isinstance(value, dict):
        return None
    unit = ontology_term(value.get("unit")) or _UNKNOWN
    # JSON made from protobuf leaves out numbers that are 0.
    return {"unit": unit, "low": value.get("low", 0), "high": value.get("high", 0)}


def measurement_value(measurement: dict) -> dict | None:
    """Return a Measurement's value: a quantity, an ontology term or several typed quantities."""
    several = measurement.get("complexValue")
    if isinstance(several, dict):
        typed = [_typed(item) for item in children(several, "typedQuantities")]
        return {"typedQuantities": [item for item in typed if item]}
    value = measurement.get("value")
    if not isinstance(value, dict):
        return None
    return quantity(value.get("quantity", value)) or ontology_term(
        value.get("ontologyClass", value)
    )


def _typed(value: dict) -> dict | None:
    kind, amount = ontology_term(value.get("type")), quantity(value.get("quantity"))
    return {"quantityType": kind, "quantity": amount} if kind and amount else None


# ---- medical actions ---------------------------------------------------------------------------


def procedure(value: object) -> dict | None:
    """Return a Procedure, its time as a date where it is one."""
    code = ontology_term(value.get("code")) if isinstance(value, dict) else None
    if code is None:
        return None
    performed = value.get("performed")
    date = date_of(performed)
    found = {
        "procedureCode": code,
        "bodySite": ontology_term(value.get("bodySite")),
        "dateOfProcedure": date,
        "ageAtProcedure": None if date else time_element(performed),
    }
    return filled(found)


def radiation(value: object) -> dict | None:
    """Return a RadiationTherapy as a procedure."""
    code = ontology_term(value.get("modality")) if isinstance(value, dict) else None
    site = ontology_term(value.get("bodySite")) if code else None
    return filled({"procedureCode": code, "bodySite": site}) if code else None


def treatment(value: object) -> dict | None:
    """Return a Treatment; dose intervals without a quantity or a time have no Beacon form."""
    code = ontology_term(value.get("agent")) if isinstance(value, dict) else None
    if code is None:
        return None
    doses = [_dose(item) for item in children(value, "doseIntervals")]
    found = {
        "treatmentCode": code,
        "routeOfAdministration": ontology_term(value.get("routeOfAdministration")),
        "doseIntervals": [dose for dose in doses if dose],
        "cumulativeDose": quantity(value.get("cumulativeDose")),
    }
    return filled(found)


def _dose(value: dict) -> dict | None:
    amount, interval = quantity(value.get("quantity")), time_element(value.get("interval"))
    if not amount or not interval:
        return None
    frequency = ontology_term(value.get("scheduleFrequency")) or _UNKNOWN
    return {"quantity": amount, "interval": interval, "scheduleFrequency": frequency}


def regimen(value: object) -> dict | None:
    """Return a TherapeuticRegimen, named by an ontology class, as a treatment."""
    code = ontology_term(value.get("ontologyClass")) if isinstance(value, dict) else None
    return {"treatmentCode": code} if code else None


def evidence(value: dict) -> dict | None:
    """Return an Evidence, of which Beacon keeps one."""
    code = ontology_term(value.get("evidenceCode"))
    if code is None:
        return None
    reference = child(value, "reference")
    names = {"id": "id", "reference": "reference", "description": "notes"}
    found = {new: reference.get(old) for old, new in names.items()}
    return filled({"evidenceCode": code, "reference": filled(found)})
