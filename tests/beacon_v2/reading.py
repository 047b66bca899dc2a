"""Answers of members, as tests write them, and the reading of them."""

import json

from beacon_node.beacon_v2.reading import read_answer
from beacon_node.model.federation import Member, MemberKind
from beacon_node.ports import Received
from tests.beacon_v2.asking import post

NODE = Member("org.north", "North", "https://north.example")
BROKER = Member("org.hub", "Hub", "https://hub.example", MemberKind.BROKER)
OTHER = Member("org.other", "Other", "https://other.example", MemberKind.BEACON)
SNV = {"assemblyId": "GRCh38", "referenceName": "17", "start": [9], "referenceBases": "C"} | {
    "alternateBases": "T"
}


def asked(granularity="record", **query):
    query.setdefault("requestParameters", {"g_variant": SNV})
    return post({"requestedGranularity": granularity, **query})


def read(document, member=OTHER, question=None, status=200, headers=()):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_answer(member, Received(status, body, dict(headers)), question or asked())


def said(exists, count=None, **summary):
    told = {"exists": exists} if count is None else {"exists": exists, "numTotalResults": count}
    return {"responseSummary": told | summary}


def sets(*listed, **more):
    return {"response": {"resultSets": list(listed)}} | more


def one_set(exists=True, **more):
    return {"id": "cohort", "setType": "dataset", "exists": exists} | more


def node_says(exists, *rows, count=None, **more):
    listed = [dict(id=f"d{number}", **row) for number, row in enumerate(rows)]
    return said(exists, count) | {"info": {"datasets": listed, "countOf": "individuals"}} | more


NO = {"status": "answered", "exists": False}
YES = {"status": "answered", "exists": True}


def hub_says(exists, *members, **more):
    return said(exists) | {"info": {"members": list(members)}} | more
