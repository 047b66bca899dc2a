"""What the ledger keeps of a question about a noisy count."""

from datetime import UTC, datetime

from beacon_node.actions.audit_question import Decided, audit_body
from beacon_node.model.answer import DatasetAnswer, Precision, Status
from beacon_node.model.decision import DatasetDecision, Decision, Guard
from beacon_node.model.entries import EntryType
from beacon_node.model.ledger import Moment
from beacon_node.model.query import Granularity, Query
from beacon_node.model.requester import Requester, Tier

BOOLEAN, COUNT, _ = Granularity
NOISE = {"precision": Precision.IMPRECISE, "adjusted_to": 5}
ABOVE = DatasetAnswer("d", Status.ANSWERED, COUNT, True, 12, **NOISE)
BELOW = DatasetAnswer("d", Status.ANSWERED, BOOLEAN, False, **NOISE)


def decided(granularity: Granularity) -> Decided:
    own = DatasetDecision("d", COUNT, guard=Guard.REGISTERED)
    query = Query(EntryType.INDIVIDUAL, granularity=granularity)
    moment = Moment(datetime(2030, 1, 1, tzinfo=UTC), 0)
    return Decided(query, Requester(Tier.REGISTERED, "r"), moment, Decision({"d": own}))


def test_the_audit_does_not_tell_a_number_below_the_threshold_from_one_above():
    asked = decided(COUNT)
    assert audit_body(asked, [ABOVE]) == audit_body(asked, [BELOW])
    assert audit_body(asked, [ABOVE])["told"]["d"]["granularity"] == "count"


def test_the_audit_says_that_only_a_yes_or_no_was_asked():
    assert audit_body(decided(BOOLEAN), [BELOW])["told"]["d"]["granularity"] == "boolean"
