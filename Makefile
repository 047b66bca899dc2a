# Every target makes what it needs in a fresh checkout; nothing outside this folder is changed.

# The first Python on the PATH that is new enough; `make PYTHON=/path/to/python3.12` overrides it.
PYTHON ?= $(firstword $(foreach name,python3 python3.11 python3.12 python3.13,\
	$(shell $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench clean

help:
	@echo "make demo    three made-up hospitals and a broker, a tour of them (ONCE=1: ends after it)"
	@echo "make test    every test"
	@echo "make lint    style and format of the code"
	@echo "make bench   the benchmarks, each with its ratio to its floor"
	@echo "make clean   removes what these made"

# The virtual environment is made anew only when the requirements change.
.venv/.ready: setup.cfg pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none is on the PATH." >&2; exit 1; }
	@echo "Installing into .venv …"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --upgrade pip
	@$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

demo: .venv/.ready
	@$(BIN)/python -m beacon_node.demo.tour $(if $(ONCE),--once)

test: .venv/.ready
	@for tool in bcftools tabix; do command -v $$tool >/dev/null || echo "$$tool is not installed:\
	the tests that compare with it are skipped (Debian: apt-get install $$tool)."; done
	@PYTHONHASHSEED=0 $(BIN)/python -m pytest -n 2 $(ARGS) # so that both processes name tests alike

lint: .venv/.ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

# Benchmarks need a simulator that nothing else needs.
.venv/.bench: .venv/.ready
	@$(BIN)/python -m pip install --quiet --editable '.[benchmark]'
	@touch $@

bench: .venv/.bench
	@for one in ingest in_process audit http consent charges messages federation tokens; do $(BIN)/python -m benchmarks.$$one $(ARGS); done

clean:
	rm -rf .venv demo-home build *.egg-info .pytest_cache .ruff_cache .hypothesis
