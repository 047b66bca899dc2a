"""`make demo` ends by itself, with every question answered as expected."""

import subprocess
import sys


def tour(folder, *arguments):
    command = [sys.executable, "-m", "beacon_node.demo.tour", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_tour_sets_up_a_node_and_every_answer_is_as_expected(tmp_path):
    done = tour(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 8 questions were answered.\n" in done.stdout
    assert "not sequenced here" in done.stdout and "not answerable" in done.stdout
    assert done.stdout.rstrip().endswith("privacy report clinic --home demo-home/node")


def test_the_tour_leaves_other_peoples_files_alone(tmp_path):
    theirs = tmp_path / "demo-home" / "thesis.txt"
    theirs.parent.mkdir()
    theirs.touch()
    done = tour(tmp_path)
    assert done.returncode == 4 and done.stderr.count("\n") == 1 and theirs.exists()
