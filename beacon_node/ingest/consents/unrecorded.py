"""Statements as files make them, before a ledger gives them number, moment and hand."""

import re
from dataclasses import replace
from typing import Any

from beacon_node.model.consent import ConsentVersion
from beacon_node.model.consent_documents import statement_digest, statement_document

SHA256 = re.compile(r"[0-9a-f]{64}")


def unrecorded(**facts: Any) -> ConsentVersion:
    """Return a version that is not recorded yet: number 0, recorded by nobody.

    Where the file gives no digest of the form itself, the source's is that of what was read, so
    that the same statement in another export is the same. Raises InvalidRequest.
    """
    recording = {"number": 0, "recorded_at": facts["signed_on"], "recorded_by": ""}
    version = ConsentVersion(**facts, **recording)
    if version.source.sha256:
        return version
    digest = statement_digest(statement_document(version)).hex()
    return replace(version, source=replace(version.source, sha256=digest))
