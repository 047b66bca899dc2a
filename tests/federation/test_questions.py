"""A question is what a pinned broker signed, to this node, now, about exactly this request."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.errors import NotAuthenticated
from beacon_node.federation.checks import read_question
from beacon_node.model.federation import MESSAGE_HEADER, Asserted
from beacon_node.model.message import MAX_MESSAGE_CHARACTERS, Fault, MessageRefused
from beacon_node.model.requester import Tier
from beacon_node.ports import Sent
from tests.federation import network as net
from tests.federation.network import BROKER_KEY, BROKERS, NEXT_KEY, NODE, NOW, OTHER_KEY, SENT

MESSAGE = net.asked()[0].headers[MESSAGE_HEADER]
HEADER, CLAIMS = net.parts(MESSAGE)
AT = CLAIMS["iat"]


def read(sent: Sent, brokers=BROKERS, now=NOW):
    return read_question(sent, brokers, NODE, now)


def fault_of(act: Callable[[], object]) -> Fault:
    with pytest.raises(MessageRefused) as refused:
        act()
    assert isinstance(refused.value, NotAuthenticated)
    return refused.value.fault


def test_what_is_read_is_what_was_asked():
    sent, question = net.asked()
    assert read(sent) == question
    assert question.asserted == net.ASSERTED
    assert (question.broker, question.node, question.method) == (net.BROKER, NODE, "POST")
    assert question.until - question.at == timedelta(seconds=60)


@pytest.mark.parametrize(
    "asserted",
    [
        Asserted(),
        Asserted(Tier.PUBLIC, "r-1"),
        Asserted(Tier.REGISTERED, "r-1", "", net.PURPOSE),
        Asserted(Tier.CONTROLLED, "Žofie 研究者", "Université de Genève", net.PURPOSE),
    ],
)
def test_what_is_asserted_arrives(asserted):
    sent, _ = net.asked(asserted=asserted)
    assert read(sent).asserted == asserted


def test_the_message_is_a_plain_jws_that_others_can_read():
    key = jwt.PyJWK(BROKER_KEY.public.jwk())
    options = {"verify_exp": False, "verify_iat": False}
    found = jwt.decode(MESSAGE, key, ["EdDSA"], options, audience=NODE, issuer=net.BROKER)
    assert found == CLAIMS
    assert (HEADER["alg"], HEADER["typ"]) == ("EdDSA", "beacon-question+jwt")
    assert HEADER["kid"] == BROKER_KEY.public.id and len(HEADER) == 3


def test_no_two_questions_have_one_number():
    signer = net.broker()
    numbers = {signer.question(net.MEMBER, SENT)[1].number for _ in range(3)}
    assert len(numbers) == 3


# ---- messages that are refused -------------------------------------------------------------------


def header(**changed) -> str:
    return net.written({**HEADER, **changed}, CLAIMS)


def claims(**changed) -> str:
    return net.written(HEADER, {**CLAIMS, **changed})


def without(name: str) -> str:
    return net.written(HEADER, {key: value for key, value in CLAIMS.items() if key != name})


def ask(**changed) -> str:
    return claims(ask={**CLAIMS["ask"], **changed})


def as_hmac() -> str:
    """Return the message as signed by the public key's bytes, taken for a shared secret."""
    signed = net.written({**HEADER, "alg": "HS256"}, CLAIMS).rpartition(".")[0]
    secret = BROKER_KEY.public.pem().encode()
    return f"{signed}.{net.encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def twice(member: str) -> str:
    return json.dumps(CLAIMS)[:-1] + f", {member}}}"


SIGNED, _, SIGNATURE = MESSAGE.rpartition(".")
ANOTHER = net.asked(replace(SENT, path="/api/individuals"))[0].headers[MESSAGE_HEADER]
REFUSED = {
    # shape and size
    "nothing": ("", Fault.SHAPE),
    "a word": ("question", Fault.SHAPE),
    "two parts": (SIGNED, Fault.SHAPE),
    "four parts": (f"{MESSAGE}.x", Fault.SHAPE),
    "without a signature": (f"{SIGNED}.", Fault.SHAPE),
    "two messages, as proxies join them": (f"{MESSAGE}, {MESSAGE}", Fault.SHAPE),
    "spaces around": (f" {MESSAGE} ", Fault.SHAPE),
    "padding": (f"{MESSAGE}==", Fault.SHAPE),
    "plain base64": (MESSAGE[:-2] + "+/", Fault.SHAPE),
    "other letters that look alike": (MESSAGE.replace("e", "е"), Fault.SHAPE),
    "huge": (f"{MESSAGE}{'A' * MAX_MESSAGE_CHARACTERS}", Fault.SIZE),
    "claims that are huge": (ask(researcher="r" * 9_000), Fault.SIZE),
    "claims as a list": (net.written(HEADER, [CLAIMS]), Fault.SHAPE),
    "claims that are no JSON": (net.written(HEADER, "{'iss': 1}"), Fault.SHAPE),
    "claims in no UTF-8": (f"{SIGNED.partition('.')[0]}.{net.encoded(b'{x')}.x", Fault.SHAPE),
    "nested without end": (net.written(HEADER, '{"a":' + "[" * 3_000), Fault.SHAPE),
    "no number": (net.written(HEADER, '{"iat": NaN}'), Fault.SHAPE),
    # claims twice
    "iss twice": (net.written(HEADER, twice('"iss": "org.other"')), Fault.DUPLICATE),
    "tier twice": (
        net.written(HEADER, twice('"ask": {"tier": "public", "tier": "registered"}')),
        Fault.DUPLICATE,
    ),
    "alg twice": (
        net.written(json.dumps(HEADER)[:-1] + ', "alg": "none"}', CLAIMS),
        Fault.DUPLICATE,
    ),
    # algorithm and type
    "alg none": (net.written({**HEADER, "alg": "none"}, CLAIMS), Fault.ALGORITHM),
    "alg None in capitals": (header(alg="NONE"), Fault.ALGORITHM),
    "alg none, without a signature": (
        net.written({**HEADER, "alg": "none"}, CLAIMS, None) + "AA",
        Fault.ALGORITHM,
    ),
    "the public key as a shared secret": (as_hmac(), Fault.ALGORITHM),
    "alg RS256": (header(alg="RS256"), Fault.ALGORITHM),
    "alg Ed448": (header(alg="Ed448"), Fault.ALGORITHM),
    "alg as a list": (header(alg=["EdDSA"]), Fault.ALGORITHM),
    "no alg": (net.written({"typ": HEADER["typ"], "kid": HEADER["kid"]}, CLAIMS), Fault.ALGORITHM),
    "crit": (header(crit=["exp"]), Fault.CRITICAL),
    "b64": (header(b64=False), Fault.CRITICAL),
    "its own key": (header(jwk=net.STRANGER.public.jwk()), Fault.CRITICAL),
    "an address of keys": (header(jku="https://evil.example/keys"), Fault.CRITICAL),
    "typ JWT": (header(typ="JWT"), Fault.TYPE),
    "typ of a reply": (header(typ="beacon-reply+jwt"), Fault.TYPE),
    "typ of a request to join": (header(typ="beacon-join+jwt"), Fault.TYPE),
    "typ in capitals": (header(typ="BEACON-QUESTION+JWT"), Fault.TYPE),
    "typ as a media type": (header(typ="application/beacon-question+jwt"), Fault.TYPE),
    # who signed
    "a stranger's key": (net.written(HEADER, CLAIMS, net.STRANGER), Fault.SIGNER),
    "a stranger's key and its id": (
        net.written({**HEADER, "kid": net.STRANGER.public.id}, CLAIMS, net.STRANGER),
        Fault.SIGNER,
    ),
    "another pinned broker's key": (
        net.written({**HEADER, "kid": OTHER_KEY.public.id}, CLAIMS, OTHER_KEY),
        Fault.SIGNER,
    ),
    "in another pinned broker's name": (claims(iss="org.other"), Fault.SIGNER),
    "the node's own key": (
        net.written({**HEADER, "kid": net.NODE_KEY.public.id}, CLAIMS, net.NODE_KEY),
        Fault.SIGNER,
    ),
    "an unknown broker": (claims(iss="org.unknown"), Fault.SIGNER),
    "an issuer that is a list": (claims(iss=[net.BROKER]), Fault.SIGNER),
    "an issuer in capitals": (claims(iss=net.BROKER.upper()), Fault.SIGNER),
    "an unknown kid": (header(kid="k" * 43), Fault.SIGNER),
    "no kid": (net.written({"alg": "EdDSA", "typ": HEADER["typ"]}, CLAIMS), Fault.SIGNER),
    "a kid that is a number": (header(kid=1), Fault.SIGNER),
    "a key that was not pinned yet": (
        net.written({**HEADER, "kid": NEXT_KEY.public.id}, CLAIMS, NEXT_KEY),
        Fault.SIGNER,
    ),
    "another message's signature": (f"{SIGNED}.{ANOTHER.rpartition('.')[2]}", Fault.SIGNER),
    "another message's claims": (
        ".".join([MESSAGE.split(".")[0], ANOTHER.split(".")[1], SIGNATURE]),
        Fault.SIGNER,
    ),
    "half a signature": (f"{SIGNED}.{SIGNATURE[:40]}", Fault.SIGNER),
    "a signature of nulls": (f"{SIGNED}.{'A' * 86}", Fault.SIGNER),
    # for whom and when
    "another node's": (claims(aud="org.clinic"), Fault.AUDIENCE),
    "for every node": (claims(aud="*"), Fault.AUDIENCE),
    "for several nodes": (claims(aud=[NODE]), Fault.CLAIMS),
    "expired": (claims(iat=AT - 66, exp=AT - 6), Fault.LATE),
    "expired with the leeway's last second": (claims(iat=AT - 65, exp=AT - 5), Fault.LATE),
    "from the future": (claims(iat=AT + 6, exp=AT + 66), Fault.EARLY),
    "longer than a minute": (claims(exp=AT + 61), Fault.LIFE),
    "for a year": (claims(exp=AT + 31_536_000), Fault.LIFE),
    "ended before it began": (claims(exp=AT - 1), Fault.LIFE),
    "ended as it began": (claims(exp=AT), Fault.LIFE),
    "iat as a text": (claims(iat=str(AT)), Fault.CLAIMS),
    "iat with a fraction": (claims(iat=AT + 0.5), Fault.CLAIMS),
    "iat that is true": (claims(iat=True), Fault.CLAIMS),
    "exp out of all time": (claims(exp=10**18), Fault.CLAIMS),
    "iat before all time": (claims(iat=-1), Fault.CLAIMS),
    # claims
    **{f"without {name}": (without(name), Fault.CLAIMS) for name in CLAIMS if name != "iss"},
    "a short number": (claims(jti="A"), Fault.CLAIMS),
    "a number of other letters": (claims(jti="é" * 22), Fault.CLAIMS),
    "a digest in hex": (claims(sha256=hashlib.sha256(net.BODY).hexdigest()), Fault.CLAIMS),
    "an unknown claim": (claims(only="dataset-1"), Fault.CLAIMS),
    "an unknown claim of the researcher": (ask(role="admin"), Fault.CLAIMS),
    "an unknown tier": (ask(tier="root"), Fault.CLAIMS),
    "a tier as a number": (ask(tier=3), Fault.CLAIMS),
    "a researcher of 256 characters": (ask(researcher="r" * 256), Fault.CLAIMS),
    "an empty researcher": (ask(researcher=""), Fault.CLAIMS),
    "a researcher with a line break": (ask(researcher="r\n1"), Fault.CLAIMS),
    "a researcher with half a character": (ask(researcher="\ud800"), Fault.CLAIMS),
    "a purpose of nothing": (ask(purpose={}), Fault.CLAIMS),
    "an unknown purpose": (ask(purpose={"for": "everything"}), Fault.CLAIMS),
    "a purpose as a text": (ask(purpose="biomedical"), Fault.CLAIMS),
    "a path with a host": (claims(path="https://evil.example/api"), Fault.CLAIMS),
    "a path of other letters": (claims(path="/api/é"), Fault.CLAIMS),
    # about what
    "another method": (claims(htm="GET"), Fault.METHOD),
    "another path": (claims(path="/api/individuals"), Fault.PATH),
    "a path with a question": (claims(path=f"{net.PATH}?start=1"), Fault.PATH),
    "a path that goes up": (claims(path="/api/x/../g_variants"), Fault.PATH),
    "another body": (claims(sha256=net.encoded(hashlib.sha256(b"{}").digest())), Fault.BODY),
}


@pytest.mark.parametrize(("message", "fault"), REFUSED.values(), ids=REFUSED.keys())
def test_a_message_is_refused(message, fault):
    assert fault_of(lambda: read(net.with_message(message))) is fault


def test_no_message_is_no_question():
    assert fault_of(lambda: read(SENT)) is Fault.SHAPE


def test_unknown_sender_unknown_key_and_wrong_signature_are_told_in_the_same_words():
    told = set()
    for case in ("an unknown broker", "an unknown kid", "a stranger's key"):
        with pytest.raises(MessageRefused) as refused:
            read(net.with_message(REFUSED[case][0]))
        told.add(str(refused.value))
    assert len(told) == 1


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"body": net.BODY + b" "}, Fault.BODY),
        ({"body": b""}, Fault.BODY),
        ({"path": "/api/individuals"}, Fault.PATH),
        ({"path": f"{net.PATH}?granularity=record"}, Fault.PATH),
        ({"method": "PUT"}, Fault.METHOD),
    ],
    ids=["body", "no body", "path", "question", "method"],
)
def test_a_message_does_not_hold_for_another_request(changed, fault):
    sent, _ = net.asked()
    assert fault_of(lambda: read(replace(sent, **changed))) is fault


def test_a_message_does_not_hold_at_another_node():
    sent, _ = net.asked()
    assert fault_of(lambda: read_question(sent, BROKERS, "org.clinic", NOW)) is Fault.AUDIENCE


# ---- what is the same ----------------------------------------------------------------------------


@pytest.mark.parametrize("arrives", ["/api/individuals/a%2Cb", "/api/individuals/a,b"])
def test_a_path_is_the_one_that_servers_understand(arrives):
    sent, _ = net.asked(replace(SENT, path="/api/individuals/a%2Cb"))
    assert read(replace(sent, path=arrives)).path == "/api/individuals/a%2Cb"


@pytest.mark.parametrize("seconds", [-5, 0, 60, 64])
def test_clocks_may_differ_by_the_leeway(seconds):
    sent, question = net.asked()
    assert read(sent, now=NOW + timedelta(seconds=seconds)) == question


@pytest.mark.parametrize(
    ("seconds", "words"), [(-93, "93 s after this server's"), (93, "93 s before this server's")]
)
def test_who_has_another_time_is_told_by_how_much_it_differs(seconds, words):
    sent, _ = net.asked()
    with pytest.raises(MessageRefused, match=words):
        read(sent, now=NOW + timedelta(seconds=seconds))


def test_two_keys_hold_while_one_replaces_the_other():
    both = replace(net.PINNED, keys=(BROKER_KEY.public.x, NEXT_KEY.public.x))
    renewed = net.written({**HEADER, "kid": NEXT_KEY.public.id}, CLAIMS, NEXT_KEY)
    for message in (MESSAGE, renewed):
        assert read(net.with_message(message), {net.BROKER: both}).broker == net.BROKER
    done = {net.BROKER: replace(both, keys=both.keys[1:])}
    assert fault_of(lambda: read(net.with_message(MESSAGE), done)) is Fault.SIGNER


# ---- anything ------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400) | st.binary(max_size=300).map(net.encoded))
def test_any_text_is_refused_in_one_way(text):
    with pytest.raises(MessageRefused):
        read(net.with_message(text))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(CLAIMS)), JSON)
def test_any_value_of_a_claim_is_taken_or_refused(name, value):
    try:
        found = read(net.with_message(claims(**{name: value})))
    except MessageRefused:
        return
    assert found.broker == net.BROKER and found.node == NODE


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["tier", "researcher", "organisation", "purpose"]), JSON))
def test_whatever_a_broker_asserts_is_of_its_form(said):
    try:
        found = read(net.with_message(claims(ask=said)))
    except MessageRefused:
        return
    assert isinstance(found.asserted.tier, Tier)
    assert found.asserted.researcher.isprintable() and len(found.asserted.researcher) <= 255


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(MESSAGE) - 1), st.sampled_from("ABCDwxyz0189-_."))
def test_a_message_with_another_character_is_refused_or_says_the_same(at, character):
    changed = MESSAGE[:at] + character + MESSAGE[at + 1 :]
    try:
        found = read(net.with_message(changed))
    except MessageRefused:
        return
    assert found == net.asked()[1]
