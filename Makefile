# Day-to-day commands. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help env test reproduce lint lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

env: $(STAMP) ## make .venv from requirements.lock (uv if present, else pip)

# The install is editable in setuptools' `compat` mode (the checkout itself is put on the path), so packages
# added later are found without installing again.
$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
ifneq ($(UV),)
	$(UV) pip install --python $(BIN)/python --require-hashes -r requirements.lock
else
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
endif
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@touch $@

test: env ## run the tests
	$(BIN)/python -m pytest

reproduce: env ## run the baseline and draw its price fan
	rm -rf results/baseline
	$(BIN)/python -m market patterns baseline --seeds 20 --out results/baseline
	$(BIN)/python -m figures price_fan --results results/baseline

lint: env ## style, types, import floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check market experiments figures tests
	$(BIN)/mypy market
	$(BIN)/lint-imports

# Needs uv (pip install uv, in a venv of its own). The lock holds versions and hashes, and no address.
lock: ## rewrite requirements.lock from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url --no-emit-find-links --output-file requirements.lock

clean: ## remove the environment, caches and results
	rm -rf $(VENV) build results *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
