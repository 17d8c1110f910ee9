# Every target sets up what it needs; `make demo` and `make test` work in a fresh clone.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test slow check coverage lock format clean
.DEFAULT_GOAL := test

# The stamp changes only when the lock file or the package's own description does.
.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tinquan needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# Replays an invented day at two outlets: its morning, then its evening. No socket is opened.
demo: export TINQUAN_CONFIG = docs/demo/tinquan.toml
demo: .venv/installed
	@mkdir -p demo
	$(BIN)/tinquan crawl --replay docs/demo/morning.warc.gz
	$(BIN)/tinquan crawl --replay docs/demo/evening.warc.gz
	$(BIN)/tinquan articles --limit 10
	$(BIN)/tinquan articles --place "quận Đống Đa" --with-successors core

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check
	$(BIN)/pytest -n 2 -m "not slow"

# Crawls that are killed, stopped and begun again: some minutes that CI spends, and a person need not.
slow: .venv/installed
	$(BIN)/pytest -n 2 -m slow

# By hand: measuring the crawls' processes too doubles the time (docs/decisions/0007-coverage-by-hand.md).
coverage: .venv/installed
	$(BIN)/coverage erase
	$(BIN)/pytest -n 2 --cov --cov-report=term

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# uv resolves for every Python and platform at once (docs/decisions/0002-lock-file.md).
lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --strip-extras --output-file requirements.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* demo
