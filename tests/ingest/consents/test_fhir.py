"""FHIR R4 consents: opt-in and opt-out shapes, deny over permit, and what must be refused."""

import base64
import hashlib
import json
from datetime import UTC, datetime

import pytest

from beacon_node.errors import InvalidInput
from beacon_node.ingest.consents import ConsentFormat, detect_consents
from beacon_node.model.consent import UseKind
from tests.ingest.consents.resources import (
    COMPANIES,
    DUO,
    FHIR_MAPPING,
    OPT_OUT,
    RECONTACT,
    USE,
    bundle,
    code,
    consent,
    read,
    read_text,
    rule,
)
from tests.ingest.consents.tables import terms, told

PERMIT, DENY = rule("permit", USE), rule("deny", USE)
GIVEN, REFUSED = [("given", "P", "GRU NPUNCU")], [("refused", "P")]
OPT_IN = rule("deny", nested=[PERMIT])


def ended(provision, status="inactive", **changes):
    return consent(provision, status=status, **changes)


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        # opt-in: the root denies, nested rules permit
        ([consent(OPT_IN)], GIVEN),
        (
            [consent(rule("deny", nested=[PERMIT, rule("permit", COMPANIES)]))],
            [("given", "P", "GRU")],
        ),
        ([consent(rule("deny", nested=[PERMIT, rule("deny", RECONTACT)]))], GIVEN),
        ([consent(rule("deny", nested=[rule("permit", nested=[PERMIT])]))], GIVEN),
        # one resource per code
        ([consent(PERMIT)], GIVEN),
        ([consent(PERMIT), consent(rule("permit", COMPANIES))], [("given", "P", "GRU")]),
        # deny overrides permit: in one rule set, across resources, whichever comes first
        ([consent(rule("deny", nested=[PERMIT, DENY]))], REFUSED),
        ([consent(PERMIT), consent(DENY)], REFUSED),
        ([consent(DENY), consent(PERMIT)], REFUSED),
        ([consent(rule("deny", nested=[DENY, rule("deny", nested=[PERMIT])]))], None),
        # a no
        ([consent(DENY)], REFUSED),
        ([consent(rule("deny"))], REFUSED),
        ([consent(rule("deny", USE, period={"end": "3000-01-01"}))], REFUSED),
        ([ended(PERMIT)], [("withdrawn", "P")]),
        ([ended(None)], [("withdrawn", "P")]),
        ([ended(PERMIT, "rejected")], REFUSED),
        ([consent(PERMIT), ended(PERMIT, id="c2")], [("withdrawn", "P")]),
        ([consent(PERMIT), ended(rule("permit", COMPANIES), id="c2")], GIVEN),
        # entered in error
        ([ended(PERMIT, "entered-in-error")], [("cancelled", "P", "Consent/c1")]),
        (
            [ended(DENY, "entered-in-error"), consent(PERMIT)],
            [("cancelled", "P", "Consent/c1"), *GIVEN],
        ),
        # not about this
        ([ended(PERMIT, "draft")], []),
        ([ended(PERMIT, "proposed")], []),
        ([consent(PERMIT, scope={"coding": [{"code": "treatment"}]})], []),
        ([consent(rule("permit", "unknown"))], []),
        # DUO codes themselves
        (
            [consent({"type": "permit", "code": code("DUO:0000006", system=DUO)})],
            [("given", "P", "HMB NPUNCU")],
        ),
        (
            [consent({"type": "permit", "purpose": [{"system": DUO, "code": "DUO_0000006"}]})],
            [("given", "P", "HMB NPUNCU")],
        ),
        # what cannot be taken, with the element that is to blame
        ([consent(PERMIT, dateTime="2026-01")], [("rejected", 0, "dateTime")]),
        ([consent(PERMIT, dateTime=None)], [("rejected", 0, "dateTime")]),
        ([consent(PERMIT, patient=None)], [("rejected", 0, "patient")]),
        ([consent(PERMIT, status="on")], [("rejected", 0, "status")]),
        ([consent([PERMIT])], [("rejected", 0, "Consent")]),
        ([consent(PERMIT, modifierExtension=[{}])], [("rejected", 0, "modifierExtension")]),
        (
            [consent({**PERMIT, "modifierExtension": [{}]})],
            [("rejected", 0, "provision.modifierExtension")],
        ),
        ([consent({**PERMIT, "actor": [{}]})], [("rejected", 0, "provision.actor")]),
        (
            [consent(rule("deny", nested=[{**PERMIT, "dataPeriod": {"end": "2027"}}]))],
            [("rejected", 0, "provision.provision[0].dataPeriod")],
        ),
        (
            [consent(rule("permit", actor=[{}], nested=[PERMIT]))],
            [("rejected", 0, "provision.actor")],
        ),
        (
            [consent(rule("deny", nested=[PERMIT, rule("deny", "unknown")]))],
            [("rejected", 0, "provision.provision[1].code")],
        ),
        ([consent({"code": code(USE)})], [("rejected", 0, "provision.type")]),
        (
            [consent(rule("permit", nested=[rule("deny", COMPANIES)]))],
            [("rejected", 0, "provision")],
        ),
        (
            [consent({**PERMIT, "period": {"start": "2026-05-01", "end": "2026-04-01"}})],
            [("rejected", 0, "provision.period")],
        ),
    ],
)
def test_resources_of_one_signature_state(tmp_path, resources, expected):
    found = [told(line) for line in read(tmp_path, *resources)]
    assert found == (expected if expected is not None else found)
    if expected is None:  # a contradiction: either way nothing is given
        assert all(line[0] in ("refused", "rejected") for line in found)


@pytest.mark.parametrize(
    ("provision", "expected"),
    [
        (rule("permit"), GIVEN),
        (rule("permit", nested=[rule("deny", COMPANIES)]), GIVEN),
        (rule("permit", nested=[DENY]), REFUSED),
        (rule("permit", nested=[rule("deny", RECONTACT)]), GIVEN),
    ],
)
def test_an_opt_out_form_permits_what_the_mapping_says(tmp_path, provision, expected):
    assert [told(line) for line in read(tmp_path, consent(provision), mapping=OPT_OUT)] == expected


def test_permissions_hold_only_while_all_of_their_periods_do(tmp_path):
    nested = rule("permit", USE, period={"start": "2026-02-01", "end": "2056-01-31"})
    root = rule("deny", nested=[nested], period={"start": "2026-01-05", "end": "2030-12-31"})
    (line,) = read(tmp_path, consent(root))
    assert line.version.signed_on == datetime(2026, 1, 4, 23, tzinfo=UTC)
    assert line.version.effective_from == datetime(2026, 1, 31, 23, tzinfo=UTC)
    assert line.version.effective_until == datetime(2030, 12, 31, 23, tzinfo=UTC)


def test_a_period_that_is_over_before_the_signature_says_so(tmp_path):
    (line,) = read(tmp_path, consent({**PERMIT, "period": {"end": "2025-12-31"}}))
    assert str(line).endswith("provision.period: it ends before the signature (dateTime)")


def test_codes_may_say_which_uses_they_permit(tmp_path):
    mapping = FHIR_MAPPING.replace('"GRU"]', '"GRU"]\nuses = ["record_level"]')
    (line,) = read(tmp_path, consent(PERMIT), mapping=mapping)
    assert line.version.scope.uses == {UseKind.RECORD_LEVEL}


def test_a_disease_is_taken_from_the_concept_of_its_duo_term(tmp_path):
    concept = {"coding": [{"system": DUO, "code": "DUO:0000007"}, {"code": "MONDO:0005105"}]}
    (line,) = read(tmp_path, consent({"type": "permit", "code": [concept]}))
    (ds,) = (term for term in line.version.use.terms if term.diseases)
    assert terms(line) == "DS NPUNCU" and ds.diseases == {"MONDO:0005105"}


def test_a_denied_duo_term_beside_a_permitted_one_is_for_a_person(tmp_path):
    rules = [
        {"type": kind, "code": code(f"DUO:00000{n}", system=DUO)}
        for kind, n in (("permit", 42), ("deny", "06"))
    ]
    (line,) = read(tmp_path, consent(rule("deny", nested=rules)))
    assert told(line) == ("rejected", 0, "provision")


def test_signatures_of_other_days_and_people_stay_apart(tmp_path):
    found = read(
        tmp_path,
        consent(PERMIT),
        consent(DENY, dateTime="2026-03-05"),
        consent(PERMIT, individual="Q"),
    )
    assert [told(line) for line in found] == [*GIVEN, *REFUSED, ("given", "Q", "GRU NPUNCU")]


def test_a_signature_with_a_rejected_resource_is_left_out_as_a_whole(tmp_path):
    bad = consent({**DENY, "modifierExtension": [{}]})
    found = read(tmp_path, consent(PERMIT), bad, consent(PERMIT, individual="Q"))
    assert [told(line)[0] for line in found] == ["rejected", "given"]
    assert found[0].individual == "P" and str(found[0].place) == "entry[1]"


@pytest.mark.parametrize("reference", ["Patient/1", "https://x.example/fhir/Patient/1/_history/2"])
def test_a_person_may_go_by_an_identifier_of_the_patient(tmp_path, reference):
    mapping = FHIR_MAPPING + '[patient]\nidentifier_system = "urn:psn"\n'
    named = {
        "resourceType": "Patient",
        "id": "1",
        "identifier": [{"system": "urn:psn", "value": "Z"}],
    }
    one = consent(PERMIT, patient={"reference": reference})
    (line,) = read(tmp_path, one, named, mapping=mapping)
    (unknown,) = read(tmp_path, one, mapping=mapping)
    assert line.individual == "Z" and told(unknown) == ("rejected", 0, "patient")


@pytest.mark.parametrize(
    ("source", "document", "sha256"),
    [
        ({"sourceReference": {"reference": "DocumentReference/7"}}, "DocumentReference/7", None),
        (
            {"sourceAttachment": {"title": "form", "data": base64.b64encode(b"x").decode()}},
            "form",
            hashlib.sha256(b"x").hexdigest(),
        ),
        (
            {"sourceAttachment": {"url": "u", "hash": base64.b64encode(bytes(20)).decode()}},
            f"u#sha1={'00' * 20}",
            None,
        ),
        ({"identifier": [{"value": "I-1"}]}, "I-1", None),
        ({"id": None}, "Consent of P signed 2026-01-05", None),
    ],
)
def test_the_document_is_named_and_hashed_as_well_as_it_can_be(tmp_path, source, document, sha256):
    (line,) = read(tmp_path, consent(PERMIT, **source))
    found = line.version.source
    assert found.document == document and len(found.sha256) == 64
    assert sha256 in (None, found.sha256)


def test_ndjson_is_read_line_by_line_and_bad_lines_are_named(tmp_path):
    good = json.dumps(consent(PERMIT))
    text = f"{good}\n\n{{broken\n{json.dumps(consent(PERMIT, individual='Q', dateTime='x'))}\n"
    found = read_text(tmp_path, text)
    assert sorted(map(told, found)) == [*GIVEN, ("rejected", 3, ""), ("rejected", 4, "dateTime")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{\n"resourceType": "Bundle",\n"type" "collection"}', "line 3: not valid JSON"),
        ('{"resourceType": "Bundle", "type": "history"}', "type: a Bundle of type"),
        ("[]", "a FHIR Bundle or resource is expected"),
        (bundle(link=[{"relation": "next"}]), "one page of several"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_as_a_whole(tmp_path, text, problem):
    with pytest.raises(InvalidInput, match=problem):
        read_text(tmp_path, text)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('permit = ["GRU"]', 'permits = ["GRU"]'), r"codes\[1\].permits: not known here"),
        (('permit = ["GRU"]', 'permit = ["DS"]'), r"codes\[1\].permit"),
        (('permit = ["GRU"]', "permit = [1]"), r"codes\[1\].permit"),
        (('code = "27"', 'code = "8"'), "this code comes twice"),
        (('code = "37"', 'code = "8"'), "irrelevant"),
        (('dataset = "d"', 'uses = ["any"]'), "scope.uses"),
        (("[scope]", '[accept]\nignore = ["type"]\n[scope]'), "accept.ignore"),
    ],
)
def test_a_mapping_that_is_not_understood_is_refused(tmp_path, change, problem):
    assert change[0] in FHIR_MAPPING
    with pytest.raises(InvalidInput, match=problem):
        read_text(tmp_path, bundle(), FHIR_MAPPING.replace(*change))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"id;signed\n", ConsentFormat.CSV),
        (b"\xef\xbb\xbfid,signed\n", ConsentFormat.CSV),
        (b' \n{"resourceType": "Bundle"}', ConsentFormat.FHIR),
        (b"%PDF-1.7", "a PDF"),
        (b"PK\x03\x04", "save it as CSV"),
        (b"<Bundle/>", "this is XML"),
        (b" \n", "the file is empty"),
    ],
)
def test_the_format_is_told_by_the_content(tmp_path, content, expected):
    file = tmp_path / "consents"
    file.write_bytes(content)
    if isinstance(expected, ConsentFormat):
        assert detect_consents(file) is expected
    else:
        with pytest.raises(InvalidInput, match=expected):
            detect_consents(file)
