"""Files of consents: tables (CSV) and FHIR R4 Consent, each under a mapping of the site."""

from beacon_node.ingest.consents.csv_file import read_consent_csv
from beacon_node.ingest.consents.csv_mapping import CsvMapping, read_csv_mapping
from beacon_node.ingest.consents.detect import ConsentFormat, detect_consents
from beacon_node.ingest.consents.fhir_file import read_consent_fhir
from beacon_node.ingest.consents.fhir_mapping import FhirMapping, read_fhir_mapping
from beacon_node.ingest.consents.unrecorded import SHA256, unrecorded

__all__ = [
    "SHA256",
    "ConsentFormat",
    "CsvMapping",
    "FhirMapping",
    "detect_consents",
    "read_consent_csv",
    "read_consent_fhir",
    "read_csv_mapping",
    "read_fhir_mapping",
    "unrecorded",
]
