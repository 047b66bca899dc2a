import pytest

from beacon_node.broker.settings import Settings, read_settings
from beacon_node.errors import ConfigurationError


def test_an_empty_file_gives_the_safe_defaults():
    settings = read_settings("", {})
    assert settings == Settings()
    assert settings.public_url == "http://127.0.0.1:5060"


def test_the_environment_overrides_the_file():
    told = {"BEACON_BROKER_NETWORK_DEADLINE_S": "2.5", "BEACON_BROKER_JOINING_IS_OPEN": "false"}
    settings = read_settings("[network]\ndeadline_s = 3\n", told)
    assert (settings.network.deadline_s, settings.joining.is_open) == (2.5, False)


@pytest.mark.parametrize(
    ("toml", "names"),
    [
        ("[node]\n", "unknown table 'node'"),
        ("[broker]\nname = 1\n", "broker.name"),
        ('[broker]\nid = ""\n', "broker.id"),
        ('[broker]\nenvironment = "live"\n', "broker.environment"),
        ('[broker]\ntime_zone = "Helsinki"\n', "broker.time_zone"),
        ("[server]\nthreads = 0\n", "server.threads"),
        ("[server]\nport = 70000\n", "server.port"),
        ("[network]\ndeadline_s = 0\n", "network.deadline_s"),
        ("[network]\nquestions_at_once = 0\n", "network.questions_at_once"),
        ("[network]\nlargest_answer_bytes = 1\n", "network.largest_answer_bytes"),
        ('[network]\nclient_key = "k.pem"\n', "network.client_certificate"),
        ('[network]\nproxy = "proxy.example"\n', "network.proxy"),
        ("[breaker]\npause_s = 900\n", "breaker.pause_s"),
        ("[joining]\nis_open = 1\n", "joining.is_open must be true or false"),
    ],
)
def test_what_cannot_be_meant_stops_the_start(toml, names):
    with pytest.raises(ConfigurationError) as raised:
        read_settings(toml, {})
    assert names in str(raised.value) and "broker.toml" in str(raised.value)


def test_a_bad_word_in_the_environment_stops_the_start():
    with pytest.raises(ConfigurationError, match="neither true nor false"):
        read_settings("", {"BEACON_BROKER_JOINING_IS_OPEN": "maybe"})
