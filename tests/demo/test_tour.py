"""`make demo` shows what it says, and every answer in it is as expected."""

import re
import subprocess
import sys


def tour(folder, *arguments):
    command = [sys.executable, "-m", "beacon_node.demo.tour", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_three_hospitals_and_a_broker_answer_as_expected(tmp_path):
    done = tour(tmp_path, "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert "All answers were as expected." in said
    for told in (
        "not answerable",  # public: too rare
        "about ",  # registered
        "answered at the public tier",  # the strict hospital
        "state        approved",
        "It holds from the next question on.",  # the withdrawal
        "offline",  # the killed site
        "2 of 3 sites answered",
    ):
        assert told in said, told
    assert re.search(r"http://127\.0\.0\.1:\d+/ +the page", said)
    assert "privacy report clinic" in said


def test_the_tour_leaves_other_peoples_files_alone(tmp_path):
    theirs = tmp_path / "demo-home" / "thesis.txt"
    theirs.parent.mkdir()
    theirs.touch()
    done = tour(tmp_path)
    assert done.returncode == 4 and done.stderr.count("\n") == 1 and theirs.exists()
