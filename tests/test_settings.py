from datetime import UTC, datetime

import pytest

from beacon_node.errors import ConfigurationError
from beacon_node.privacy.registered.bounds import Bounds
from beacon_node.settings import Settings, read_settings


def test_an_empty_file_gives_the_safe_defaults():
    settings = read_settings("", {})
    assert settings == Settings()
    assert settings.server.host == "127.0.0.1"
    assert settings.public_url == "http://127.0.0.1:5050"


def test_a_table_sets_what_it_names():
    settings = read_settings('[node]\nname = "Heart"\n[server]\nport = 80\n', {})
    assert (settings.node.name, settings.server.port) == ("Heart", 80)


def test_the_time_zone_is_utc_unless_the_site_says_which():
    noon = datetime(2030, 7, 1, 12, tzinfo=UTC)
    helsinki = read_settings("[node]\ntime_zone = 'Europe/Helsinki'\n", {})
    assert noon.astimezone(Settings().zone).hour == 12
    assert noon.astimezone(helsinki.zone).hour == 15


def test_the_environment_overrides_the_file():
    environment = {"BEACON_NODE_SERVER_PORT": "81", "BEACON_NODE_NODE_NAME": "Lung"}
    settings = read_settings("[server]\nport = 80\n", environment)
    assert (settings.node.name, settings.server.port) == ("Lung", 81)


def test_lists_are_comma_separated_in_the_environment():
    origins = {"BEACON_NODE_SERVER_ALLOWED_ORIGINS": "https://a.example, https://b.example"}
    told = read_settings("", origins).server.allowed_origins
    assert told == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("toml", "names"),
    [
        ("[nodes]\n", "nodes"),
        ("[node]\nnmae = 'x'\n", "node.nmae"),
        ("[server]\nport = 'x'\n", "server.port"),
        ("[server]\nport = true\n", "server.port"),
        ("[server]\nport = 70000\n", "server.port"),
        ("[server]\nworkers = 0\n", "server.workers"),
        ("[server]\nallowed_origins = 'x'\n", "server.allowed_origins"),
        ("[node]\nenvironment = 'live'\n", "node.environment"),
        ("[node]\ntime_zone = 'Mars/Olympus'\n", "node.time_zone"),
        ("[node]\ntime_zone = ''\n", "node.time_zone"),
        ("[node]\ntime_zone = '../etc/passwd'\n", "node.time_zone"),
        ("[node]\ntime_zone = 'Europe'\n", "node.time_zone"),
        ("[answers]\ndefault_page_size = 2000\n", "answers.default_page_size"),
        ("[registered]\npower = 0.05\n", "registered.power"),
        ("[registered]\npower = 0.051\n", "[registered]"),
        ("[registered]\nepsilon = 0\n", "registered.epsilon"),
        ("[registered]\nepsilon = 3.0\n", "registered.epsilon"),
        ("[registered]\nthreshold = 0\n", "registered.threshold"),
        ("[registered]\ncompleteness = 1.1\n", "registered.completeness"),
        ("[registered]\nsmallest_group = 1\n", "registered.smallest_group"),
        ("[registered]\nworst_case = 0.0\n", "registered.worst_case"),
        ("[registered]\nworst_case = 1000.0\n", "[registered]"),
        ("[registered]\naccounts_in_collusion = 0\n", "registered.accounts_in_collusion"),
        ("server = 1\n", "[server]"),
        ("[server\n", "TOML"),
    ],
)
def test_what_cannot_be_meant_stops_the_start(toml, names):
    with pytest.raises(ConfigurationError) as raised:
        read_settings(toml, {})
    assert names in str(raised.value)


@pytest.mark.parametrize("number", ["many", "--5", "", "1e3"])
def test_a_bad_number_in_the_environment_stops_the_start(number):
    with pytest.raises(ConfigurationError, match="server.port"):
        read_settings("", {"BEACON_NODE_SERVER_PORT": number})


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("worst_case = 1000", "worst_case or accounts_in_collusion is too large"),
        ("power = 0.06", "power 0.06 leaves no budget at false_positives 0.05"),
    ],
)
def test_numbers_that_do_not_fit_together_are_named_as_the_file_names_them(line, named):
    with pytest.raises(ConfigurationError, match=rf"node.toml: \[registered\] .*{named}"):
        read_settings(f"[registered]\n{line}\n", {})


def test_the_bounds_of_registered_counts_are_those_of_the_settings():
    assert Settings().registered.bounds == Bounds()
    told = read_settings("[registered]\npower = 0.2\naccounts_in_collusion = 2\n", {})
    assert (told.registered.bounds.beta, told.registered.bounds.pool) == (0.2, 2)
