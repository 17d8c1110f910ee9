# Every target sets up what it needs; `make demo` and `make test` work in a fresh clone.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Some containers forbid compiled files: then each of the tests' many processes compiles for 2 s.
export PYTHONDONTWRITEBYTECODE :=

# A lock file is installed as it stands: whole, by hash, and nothing is resolved or built.
INSTALL := $(BIN)/python -m pip install --quiet --no-deps --require-hashes --only-binary :all:

.PHONY: demo test slow check coverage docs lock format clean
.DEFAULT_GOAL := test

# What runs. The stamps change only when a lock file or the package's own description does.
.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tinquan needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv .venv
	$(INSTALL) -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip check
	touch $@

# What runs, and what tests.
.venv/installed-dev: requirements-dev.lock .venv/installed
	$(INSTALL) -r requirements-dev.lock
	$(BIN)/python -m pip check
	touch $@

# Replays an invented day at two outlets into demo/. No socket is opened.
demo: .venv/installed
	$(BIN)/tinquan demo

# An S3 server for the tests of object stores. Not in .venv: boto wants another python-dateutil.
.venv-s3/installed: requirements-s3.lock
	$(PYTHON) -m venv .venv-s3
	.venv-s3/bin/python -m pip install --quiet --no-deps --require-hashes --only-binary :all: -r $<
	touch $@

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check .venv-s3/installed
	$(BIN)/pytest -n 2 -m "not slow"

# Crawls that are killed, stopped and begun again: some minutes that CI spends, and a person need not.
slow: .venv/installed-dev .venv-s3/installed
	$(BIN)/pytest -n 2 -m slow

# By hand: measuring the crawls' processes too doubles the time (docs/decisions/0007-coverage-by-hand.md).
coverage: .venv/installed-dev .venv-s3/installed
	$(BIN)/coverage erase
	$(BIN)/pytest -n 2 --cov --cov-report=term

# The documentation with search, and with pages from docstrings, in site/; of tools of its own.
docs: .venv-docs/installed
	.venv-docs/bin/mkdocs build --strict --quiet --config-file .mkdocs.yml
	@echo "open site/index.html"

.venv-docs/installed: requirements-docs.lock
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --no-deps --require-hashes --only-binary :all: -r $<
	touch $@

format: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# uv resolves for every Python and platform at once (docs/decisions/0002-lock-files.md); pins stay
# as they are until LOCK='--upgrade-package NAME', or '--upgrade', asks for newer ones.
RESOLVE := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header --strip-extras --quiet
lock:
	$(RESOLVE) $(LOCK) --extra build --extra web --output-file requirements.lock
	$(RESOLVE) $(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	uv pip compile --group docs --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --strip-extras --quiet $(LOCK) --output-file requirements-docs.lock
	uv pip compile --group s3 --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header --strip-extras --quiet $(LOCK) --output-file requirements-s3.lock

clean:
	rm -rf .venv .venv-docs .venv-s3 site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage* demo
	find benchmarks crawler storage tests -name __pycache__ -prune -exec rm -rf {} +
