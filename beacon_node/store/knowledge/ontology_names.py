"""How well-known ontologies present themselves in a beacon's list of resources."""

from beacon_node.model.knowledge import Source

_OBO = "http://purl.obolibrary.org/obo/"

# Names of ontologies by prefix, as the OBO Foundry and OLS give them.
_NAMES = {
    "HP": "Human Phenotype Ontology",
    "MONDO": "Mondo Disease Ontology",
    "NCIT": "NCI Thesaurus OBO Edition",
    "SO": "Sequence Ontology",
    "UBERON": "Uber-anatomy ontology",
    "DOID": "Human Disease Ontology",
    "EFO": "Experimental Factor Ontology",
    "GENO": "Genotype Ontology",
    "DUO": "Data Use Ontology",
    "OBI": "Ontology for Biomedical Investigations",
    "UO": "Units of measurement ontology",
    "PATO": "Phenotype And Trait Ontology",
    "CL": "Cell Ontology",
    "CHEBI": "Chemical Entities of Biological Interest",
    "ECO": "Evidence and Conclusion Ontology",
    "HANCESTRO": "Human Ancestry Ontology",
}
_OTHER_IRIS = {
    "EFO": "http://www.ebi.ac.uk/efo/EFO_",
    "ORPHA": "http://www.orpha.net/ORDO/Orphanet_",
    "Orphanet": "http://www.orpha.net/ORDO/Orphanet_",
}


def resource(source: Source) -> dict[str, str]:
    """Return the Beacon `resource` of a loaded ontology; parts nobody knows are left out."""
    prefix = source.details["prefix"]
    described = {
        "id": prefix.lower(),
        "name": source.details["title"] or _NAMES.get(prefix, prefix),
        "url": f"{_OBO}{prefix.lower()}.obo",
        "version": source.version,
        "nameSpacePrefix": prefix,
        "iriPrefix": _OTHER_IRIS.get(prefix, f"{_OBO}{prefix}_"),
    }
    return {key: value for key, value in described.items() if value}
