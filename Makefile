# Every command a person or CI needs. Each one first makes its own environment in .venv, when there is none
# or when pyproject.toml has changed since: with uv where it is installed, else with venv and pip.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CODE := $(wildcard conftest.py src tests examples benchmarks experiments)

.DEFAULT_GOAL := help
.PHONY: help demo test isolation faults mutation lint types contracts check bench clean
.DELETE_ON_ERROR:

help: ## list these commands
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

demo: $(VENV)/.ready-all ## run the main job, from work done to money taken, on a SQLite file
	$(BIN)/python examples/quickstart.py

# By file: the blocks of one page build on each other, and a database is started once for the tests of its file.
# (By group would be finer, but pytest-xdist 3.8 forgets the groups under pytest 9.2: pytest-xdist issue 1386.)
test: $(VENV)/.ready-dev ## run every test; a few of them: make test TESTS=tests/unit/test_money.py
	$(BIN)/python -m pytest -q -n 2 --dist loadfile $(TESTS)

faults: $(VENV)/.ready-dev ## kill, race and repeat at length (a quarter of an hour), and prove that seeded faults are caught
	BILLCORE_FAULTS=long $(BIN)/python -m pytest -q tests/faults

isolation: $(VENV)/.ready-dev ## see what is lost without the locks, and that nothing is with them, on each database
	$(BIN)/python -m experiments.isolation

mutation: $(VENV)/.ready-dev ## change the code about money at every place (a quarter of an hour), and list what no test noticed
	$(BIN)/mutmut run
	$(BIN)/mutmut results

lint: $(VENV)/.ready-dev ## check style and formatting
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: $(VENV)/.ready-dev ## check types: mypy, strict
	$(BIN)/mypy $(CODE)

contracts: $(VENV)/.ready-dev ## check that imports walk down
	$(BIN)/lint-imports

check: test lint types contracts ## everything that CI judges

bench: $(VENV)/.ready-dev ## measure against hand-written floors, as ratios of one run
	$(BIN)/python -m benchmarks

clean: ## remove the environment and all that was generated
	rm -rf $(VENV) dist mutants .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.ready-%: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "billcore needs Python 3.11 or newer and $(PYTHON) is not: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
	    exit 1; }
	@if command -v uv >/dev/null; then \
	    { test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) $(VENV); } && \
	    uv pip install --quiet --python $(BIN)/python --editable '.[$*]'; \
	else \
	    test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) >/dev/null || $(PYTHON) -m venv --clear --without-pip $(VENV); \
	    pip="$(BIN)/python -m pip"; \
	    $$pip --version >/dev/null 2>&1 || pip="$(PYTHON) -m pip --python $(BIN)/python"; \
	    $$pip install --quiet --disable-pip-version-check --editable '.[$*]'; \
	fi
	@touch $@
