"""`beacon-node consent …`, from the command line to the ledger and back."""

import json

import pytest

from beacon_node.actions.load_dataset import load
from beacon_node.actions.manage_datasets import NewDataset, add_dataset, remove_part, remove_people
from beacon_node.cli.main import run
from beacon_node.model.genome import Assembly
from tests.actions.homes import new_node, open_data, vcf
from tests.ingest.consents.resources import FHIR_MAPPING, bundle, consent, rule
from tests.ingest.consents.tables import MAPPING

SIGNED = ("give", "P", "--dataset", "d", "--document", "f")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("BEACON_NODE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BEACON_NODE_NODE_TIME_ZONE", "Europe/Helsinki")
    monkeypatch.chdir(tmp_path)
    new_node(tmp_path / "home", NewDataset("d", Assembly.GRCH37))
    (tmp_path / "csv.toml").write_text(MAPPING)
    (tmp_path / "fhir.toml").write_text(FHIR_MAPPING)
    return tmp_path


@pytest.fixture
def ask(home, capsys):
    """Return a function that runs a command and returns its JSON, or its error as JSON."""

    def ask(*arguments: str):
        code = run(["consent", *arguments, "--json"])
        out, err = capsys.readouterr()
        return json.loads(err)["error"] | {"code": code} if code else json.loads(out)

    return ask


def table(folder, *rows: str) -> str:
    (folder / "consents.csv").write_text("\n".join(["id,signed", *rows]) + "\n")
    return "consents.csv"


def give(ask, individual="P", *more: str):
    told = ("--dataset", "d", "--terms", "GRU", "--document", "f1", "--signed-on", "2026-01-07")
    return ask("give", individual, *told, *more)


def test_a_table_is_tried_then_imported_then_unchanged(home, ask):
    file = table(home, "P,2026-01-07", "Q,2026-01-07")
    told = ("import", file, "--mapping", "csv.toml")
    dry = ask(*told, "--dry-run")
    assert dry["counts"]["new"] == 2 and dry["recorded"] == 0
    assert ask("verify")["entries"] == 0
    assert ask(*told)["recorded"] == 2
    assert ask(*told)["counts"]["unchanged"] == 2 and ask("verify")["entries"] == 2


def test_a_fhir_bundle_is_imported_by_the_same_command(home, ask):
    (home / "b.json").write_text(bundle(consent(rule("permit", "8"))))
    assert ask("import", "b.json", "--mapping", "fhir.toml")["recorded"] == 1
    (version,) = ask("show", "P")["versions"]
    assert version["status"] == "given" and version["source"]["document"] == "Consent/c1"
    assert 'for "csv" files' in ask("import", "b.json", "--mapping", "csv.toml")["message"]


def test_a_bad_line_stops_the_import_unless_it_is_skipped_with_a_report(home, ask):
    told = ("import", table(home, "P,2026-01-07", "Q,soon"), "--mapping", "csv.toml")
    error = ask(*told)
    assert error["code"] == 2 and "consents.csv, line 3, signed" in error["message"]
    assert ask(*told, "--skip-rejects")["code"] == 2
    done = ask(*told, "--skip-rejects", "--rejects", "bad.csv")
    assert done["recorded"] == 1 and done["rejects"][0]["place"] == "line 3"
    assert "line 3,signed" in (home / "bad.csv").read_text()


def test_missing_people_and_large_changes_need_their_options(home, ask):
    ids = [f"P{n}" for n in range(10)]
    told = ("--mapping", "csv.toml")
    ask("import", table(home, *(f"{one},2026-01-07" for one in ids)), *told)
    file = table(home, "P0,2026-01-07")
    assert ask("import", file, *told)["counts"]["missing"] == 9
    stopped = ask("import", file, *told, "--missing", "withdrawn")
    assert stopped["code"] == 4 and "9 of 10 people" in stopped["message"]
    done = ask("import", file, *told, "--missing", "withdrawn", "--max-change", "90%")
    assert done["recorded"] == 9


def test_one_person_gives_withdraws_and_gets_a_receipt(ask):
    assert give(ask)["consent"]["signed_on"].startswith("2026-01-06T22:00")  # Helsinki
    assert give(ask)["is_new"] is False
    assert ask("withdraw", "P")["consent"]["status"] == "withdrawn"
    assert [one["status"] for one in ask("show", "P")["versions"]] == ["given", "withdrawn"]
    receipt = ask("receipt", "P")
    assert [one["first_question"] for one in receipt["versions"]] == [None, None]
    assert "you withdrew" in ask("summary", "P")["summary"]
    head = ask("verify")["head"]
    assert ask("verify", "--head", head)["is_whole"] is True
    assert ask("verify", "--head", f"2:{'0' * 64}")["code"] == 6


def test_dates_are_days_of_the_zone_that_is_told_else_of_the_site(ask):
    here, there = give(ask), give(ask, "P", "--zone", "Asia/Tokyo")
    assert here["consent"]["signed_on"].startswith("2026-01-06T22:00")
    assert there["consent"]["signed_on"].startswith("2026-01-06T15:00")


def test_what_was_entered_in_error_is_cancelled_by_its_number(ask):
    number = give(ask)["consent"]["number"]
    assert ask("cancel", "P", str(number))["consent"]["cancels"] == number
    assert ask("cancel", "Q", str(number))["code"] == 4


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("give", "P", "--terms", "GRU", "--document", "f"), 2, "--dataset"),
        (("give", "P", "--dataset", "d", "--terms", "GRU"), 2, "which form was signed"),
        (("give", "P", "--dataset", "d", "--terms", "XX", "--document", "f"), 2, "no current DUO"),
        (("give", "P", "--dataset", "d", "--terms", "DS", "--document", "f"), 2, "its diseases"),
        ((*SIGNED, "--terms", "GRU", "--diseases", "M:1"), 2, "none of the terms takes it"),
        ((*SIGNED, "--terms", "TS", "--months", "3,4"), 2, "months: one value is expected, not 2"),
        ((*SIGNED, "--terms", "MOR", "--not-before", "2030,2031"), 2, "date: one value"),
        (("refuse", "P", "--signed-on", "07/01/2026"), 2, "signed-on"),
        (("refuse", "P", "--zone", "Mars"), 2, "time zone"),
        (("withdraw", "P"), 4, "is the id right? Nothing was recorded"),
        (("refuse", "P"), 4, "is the id right? Nothing was recorded"),
        (("show", "P"), 4, "no consent is on record"),
    ],
)
def test_what_cannot_be_recorded_is_said_in_one_sentence(ask, arguments, code, words):
    error = ask(*arguments)
    assert error["code"] == code and words in error["message"]


@pytest.mark.parametrize("verb", ["refuse", "withdraw"])
def test_a_slip_of_the_pen_is_no_no_unless_it_is_meant_for_somebody_to_come(ask, verb):
    assert ask(verb, "P")["code"] == 4
    assert ask("verify")["entries"] == 0
    assert ask(verb, "P", "--unknown")["is_new"] is True
    assert ask(verb, "P", "--dataset", "d")["is_new"] is True  # on record, so known


@pytest.mark.parametrize("verb", ["refuse", "withdraw"])
@pytest.mark.parametrize("is_released", [False, True], ids=["draft", "release"])
def test_whoever_is_in_a_dataset_can_say_no_without_having_signed(home, ask, verb, is_released):
    from beacon_node.actions.release_dataset import release
    from beacon_node.node import open_node

    node = open_node(home / "home", {})
    add_dataset(node, open_data("o"))
    done = load(node, "o", vcf(home / "a.vcf", ["22 100 . A G . PASS . GT 0/1 0/1"], ["P", "Q"]))
    remove_people(node, "o", ["Q"])
    if is_released:
        release(node, "o")
        remove_part(node, "o", done.part)
    for person in ("P", "Q"):
        assert ask(verb, person)["is_new"] is True
    assert ask(verb, "R")["code"] == 4
    with node.catalogue.only_me("o"):  # as while something is loaded
        assert ask(verb, "P", "--dataset", "o")["is_new"] is True
        assert "another command" in ask(verb, "R")["message"]


def test_a_committee_sees_bands(home, ask):
    from beacon_node.actions.release_dataset import release
    from beacon_node.node import open_node

    people = [f"S{n}" for n in range(60)]
    genotypes = " ".join(["0|1"] * 60)
    file = vcf(home / "a.vcf", [f"22 16050075 . A G . PASS . GT {genotypes}"], people)
    node = open_node(home / "home", {})
    load(node, "d", file)
    ask("import", table(home, *(f"{one},2026-01-07" for one in people)), "--mapping", "csv.toml")
    release(node, "d")
    (home / "purpose.json").write_text('{"categories": ["biomedical"]}')
    told = ("preview", "--purpose", "purpose.json", "--dataset", "d")
    assert "declares no data use terms" in ask(*told)["message"]
    told += ("--dataset-terms", "GRU")
    found = ask(*told, "--use", "research_discovery")["preview"]
    assert found == ask(*told, "--use", "RESEARCH_DISCOVERY")["preview"]
    assert ask(*told) == ask(*told, "--use", "record_level") != found
    assert ask(*told)["preview"]["usable"] == "<50"  # nobody permits record-level use
    assert found["individuals"] == found["usable"] == "50–99"
    assert found["disease_release"] == "no Mondo loaded"


def test_people_read_tables_and_sentences(home, capsys):
    file = table(home, "P,2026-01-07", "Q,soon")
    assert run(["consent", "import", file, "--mapping", "csv.toml", "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert "new\t1\t" in out and "dry run" in out and "rejected: " in err
    assert run(["consent", "refuse", "P", "--unknown"]) == 0 and run(["consent", "show", "P"]) == 0
    assert run(["consent", "receipt", "P"]) == 0 and run(["consent", "summary", "P"]) == 0
    out = capsys.readouterr().out
    assert "holds from the next question on" in out and "none yet" in out and "you said no" in out


@pytest.fixture
def said(home, capsys):
    """Return a function that records and returns what people read; P is loaded into d."""
    from beacon_node.node import open_node

    load(open_node(home / "home", {}), "d", vcf(home / "p.vcf", ["22 100 . A G . . . GT 0/1"], "P"))

    def said(verb, individual, *told, signed="2026-01-07", dataset="d"):
        more = ("--terms", "GRU", "--document", "f") if verb == "give" else ()
        told = ("--dataset", dataset, "--signed-on", signed, *more, *told)
        assert run(["consent", verb, individual, *told]) == 0
        return capsys.readouterr().out

    return said


def test_it_is_said_when_a_statement_counts(said):
    first = said("give", "P")
    assert "What it permits counts from the next release of the dataset on." in first
    assert "stops" not in first and "is not in" not in first
    assert "in addition counts from the next" in said("give", "P", signed="2026-01-08")
    narrower = said("give", "P", "--data-types", "variants", signed="2026-01-09")
    assert "What was permitted before, and is not by this consent, stops with the next" in narrower
    late = said("give", "P", signed="2026-01-06")
    assert "a newer signature" in late and "next release" not in late
    withdrawn = said("withdraw", "P", signed="2026-02-01")
    assert "It holds from the next question on." in withdrawn and "is not in" not in withdrawn
    assert "stops" not in said("give", "P", signed="2026-02-03")


def test_a_consent_that_begins_later_or_is_over_is_said_to_count_then_or_not(said):
    ahead = said("give", "P", "--from", "2999-03-01")
    assert "It begins on 2999-03-01, and counts from the first release after that on." in ahead
    assert "next release" not in ahead and "stops" not in ahead
    said("give", "P", signed="2026-01-08")
    later = said("give", "P", signed="2998-03-01")
    assert "It begins on 2998-03-01" in later and "stops on 2998-03-01" in later
    over = said("give", "P", "--until", "2026-01-20", signed="2026-01-09")
    assert "It ended on 2026-01-20: nobody is counted by it." in over
    assert "stops with the next question" in over


@pytest.mark.parametrize("about", ["d", "*"])
def test_it_is_said_that_an_id_in_no_dataset_counts_for_nobody_yet(said, about):
    where = "any dataset" if about == "*" else "dataset 'd'"
    waits = f"This id is not in {where}: nobody is counted by it until it is loaded and released."
    assert waits in said("give", "Q", dataset=about)
    assert "This id" not in said("give", "P", dataset=about)


@pytest.mark.parametrize("verb", ["give", "refuse", "withdraw"])
def test_a_dataset_that_nobody_knows_is_a_slip_unless_it_is_meant(home, ask, said, verb):
    more = ("--terms", "GRU", "--document", "f") if verb == "give" else ()
    told = (verb, "P", "--dataset", "dd", *more)
    said("give", "P")
    error = ask(*told)
    assert error["code"] == 4 and "no dataset 'dd' is on this node" in error["message"]
    assert ask("verify")["entries"] == 1
    meant = said(verb, "P", "--unknown", dataset="dd")
    assert "No dataset 'dd' is on this node: it waits until there is one." in meant
    assert ask("withdraw", "P", "--dataset", "dd")["is_new"] is True  # on record, so known


@pytest.mark.parametrize("verb", ["refuse", "withdraw"])
def test_a_no_may_be_about_one_type_of_data(ask, verb):
    give(ask)
    recorded = ask(verb, "P", "--dataset", "d", "--data-types", "phenotypes")["consent"]
    assert recorded["scope"]["data_types"] == ["phenotypes"]
    text = ask("summary", "P")["summary"]
    assert "have something, your diagnoses and symptoms: no" in text and ": yes" in text
    assert ask(verb, "P", "--data-types", "genes")["code"] == 2


@pytest.mark.parametrize("verb", ["withdraw", "refuse"])
@pytest.mark.parametrize("about", ["*", "d"])
def test_a_no_that_a_newer_signature_overrules_is_not_recorded(ask, verb, about):
    give(ask)
    told = (verb, "P", "--dataset", about, "--signed-on")
    error = ask(*told, "2026-01-06")
    assert error["code"] == 4 and "a newer signature, of 2026-01-07" in error["message"]
    assert "leave --signed-on out" in error["message"] and ask("verify")["entries"] == 1
    assert ask(*told, "2026-01-07")["is_new"] is True  # of one day the no holds
    assert ask(*told, "2026-01-07")["is_new"] is False
    again = ask(*told, "2026-01-06")["message"]
    assert "of 2026-01-07" in again


def test_a_no_may_be_older_than_what_it_is_not_about_or_what_has_not_begun(ask):
    give(ask)
    elsewhere = ask("withdraw", "P", "--dataset", "e", "--unknown", "--signed-on", "2026-01-06")
    assert elsewhere["is_new"] is True
    give(ask, "Q", "--from", "2999-01-01")
    assert ask("withdraw", "Q", "--signed-on", "2026-01-06")["is_new"] is True


def test_a_purge_is_asked_for_and_tells_how_many(home, ask):
    from beacon_node.actions.release_dataset import release
    from beacon_node.node import open_node

    node = open_node(home / "home", {})
    load(node, "d", vcf(home / "a.vcf", ["22 16050075 . A G . PASS . GT 0|1 0|1"], ["P", "Q"]))
    ask("give", "P", "--dataset", "d", "--terms", "GRU", "--document", "form 1")
    ask("give", "Q", "--dataset", "d", "--terms", "GRU", "--document", "form 2")
    release(node, "d")
    ask("withdraw", "P")
    assert "--yes" in ask("purge")["message"]
    told = {"dataset_id": "d", "people": 1, "files": 2, "waits_for_release": True}
    assert ask("purge", "--dry-run")["purged"] == [told]
    assert ask("purge", "--yes", "--dataset", "d")["purged"] == [told]
    assert release(node, "d").people == 1


def test_a_second_purge_says_that_what_is_released_waits_for_a_release(home, ask, capsys):
    from beacon_node.actions.release_dataset import release
    from beacon_node.node import open_node

    node = open_node(home / "home", {})
    load(node, "d", vcf(home / "a.vcf", ["22 16050075 . A G . PASS . GT 0|1 0|1"], ["P", "Q"]))
    give(ask), give(ask, "Q")
    release(node, "d")
    ask("withdraw", "P")
    said = []
    for again in (lambda: None, lambda: None, lambda: release(node, "d")):
        again()
        assert run(["consent", "purge", "--yes"]) == 0
        said.append(capsys.readouterr().out)
    first, second, last = said
    assert "data of 1 person" in first and "A release finishes it" in first
    assert "d: nothing more to remove from what is loaded." in second
    assert "the next release removes them: beacon-node release d" in second
    assert last.strip() == "d: nothing to remove."


def test_nothing_is_proved_or_summed_up_from_a_ledger_older_than_a_release(home, ask):
    import shutil
    import sqlite3
    from contextlib import closing

    from beacon_node.actions.release_dataset import release
    from beacon_node.node import open_node

    node = open_node(home / "home", {})
    load(node, "d", vcf(home / "a.vcf", ["22 16050075 . A G . PASS . GT 0|1 0|1"], ["P", "Q"]))
    give(ask)
    newest, older = home / "home/data/ledger.sqlite", home / "older.sqlite"
    with closing(sqlite3.connect(newest)) as now, closing(sqlite3.connect(older)) as copy:
        now.backup(copy)
    give(ask, "Q"), ask("withdraw", "P")
    release(node, "d")
    node.ledger.close()
    commands = (("summary", "P"), ("receipt", "P"), ("show", "P"), ("verify",))
    assert not any("code" in ask(*command) for command in commands)
    for suffix in ("", "-wal", "-shm"):
        newest.with_name(newest.name + suffix).unlink(missing_ok=True)
    shutil.copy(older, newest)
    why = "the ledger is older than the release of dataset 'd'"
    for command in (("summary", "P"), ("receipt", "P"), ("verify",)):
        error = ask(*command)
        assert error["code"] == 6 and why in error["message"]
    shown = ask("show", "P")
    assert len(shown["versions"]) == 1 and why in shown["older"][0]


def test_who_consents_again_after_a_purge_is_loaded_anew_as_it_says(home, ask, capsys):
    from beacon_node.actions.manage_datasets import remove_part
    from beacon_node.actions.release_dataset import release
    from beacon_node.node import open_node

    node = open_node(home / "home", {})
    file = vcf(home / "a.vcf", ["22 16050075 . A G . PASS . GT 0|1 0|1"], ["P", "Q"])
    load(node, "d", file)
    give(ask), give(ask, "Q"), ask("withdraw", "P", "--signed-on", "2026-01-08")
    assert run(["consent", "purge", "--yes"]) == 0
    assert "dataset remove-file" in capsys.readouterr().out
    ask("give", "P", "--dataset", "d", "--terms", "GRU", "--document", "form 2")
    assert release(node, "d").people == 1
    remove_part(node, "d", node.catalogue.parts("d")[0].number)
    load(node, "d", file)
    assert release(node, "d").people == 2
    assert run(["consent", "purge", "--yes"]) == 0
    assert "remove-file" not in capsys.readouterr().out
