"""network_config/consent_*mapping.example.toml are read as they stand, and mean what they say."""

from pathlib import Path

from beacon_node.ingest.consents import read_consent_csv, read_csv_mapping, read_fhir_mapping
from beacon_node.model.consent import Status, UseKind
from beacon_node.model.duo_terms import DUO_TERMS
from beacon_node.policy.consent import uses_if_unstated

FOLDER = Path(__file__).resolve().parents[1] / "network_config"
TABLE = """record_id,redcap_event_name,redcap_repeat_instance,consent_complete,consent_date,\
consent_end,decision,withdrawal_date,consent_version,uses___1,uses___2,consent___1,consent___2,\
disease,commercial,open_genes
P,enrolment_arm_1,1,2,2026-01-07,2030-12-31,1,,v2,1,0,0,1,mel;bc,no,BRCA1
"""


def test_the_csv_example_reads_a_redcap_export(tmp_path):
    (tmp_path / "export.csv").write_text(TABLE)
    mapping = read_csv_mapping(FOLDER / "consent_mapping.example.toml")
    (line,) = read_consent_csv(tmp_path / "export.csv", mapping, unstated=uses_if_unstated)
    version = line.version
    assert version.status is Status.GIVEN and version.source.document == "P/1"
    assert version.scope.uses == {UseKind.RESEARCH_DISCOVERY} and version.open.genes == {"BRCA1"}
    shorthands = {DUO_TERMS[term.id].shorthand for term in version.use.terms}
    assert shorthands == {"DS", "NPUNCU", "GS"}


def test_the_fhir_example_is_read_as_it_stands():
    mapping = read_fhir_mapping(FOLDER / "consent_fhir_mapping.example.toml")
    assert len(mapping.codes) == 4 and len(mapping.irrelevant) == 2
