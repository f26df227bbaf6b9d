# Day-to-day commands. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
WORKERS ?= 2
MODULES = market $(subst /,.,$(basename $(filter-out %__.py,$(wildcard market/*.py market/*/*.py experiments/*.py figures/*.py))))
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help env test reproduce reproduce-full paper figures docs readme bench soak lint lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

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
	$(BIN)/python -c "from market import run; run('tiny', days=1)"  # compiles once, for all workers
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

# Both go on where they were interrupted: experiments keep what they have run.
reproduce: env ## everything from evidence to PDF in quick mode: experiments, figures, tables, paper
	$(BIN)/python -m experiments all --quick --workers $(WORKERS)
	$(BIN)/python -m paper --results results/quick

reproduce-full: env ## the same with the full designs: hours
	$(BIN)/python -m experiments all --workers $(WORKERS)
	$(BIN)/python -m paper --results results/full

paper: env ## figures, tables, numbers and the two PDFs from results that are there (installs TeX on Debian as root)
	$(BIN)/python -m paper

figures: env ## all figures and tables from results that are there, into results/figures
	$(BIN)/python -m figures

docs: env ## API documentation from the docstrings, into build/docs
	$(BIN)/python -W error::UserWarning -m pdoc --docformat numpy --output-directory build/docs $(MODULES)

readme: env ## refresh the README's pattern table and picture, and DATA.md
	rm -rf results/baseline
	$(BIN)/python -m market patterns baseline --seeds 20 --out results/baseline
	$(BIN)/python -m figures pattern_table --results results/baseline --readme README.md
	$(BIN)/python -m figures price_fan --results results/baseline --out results/readme
	cp results/readme/price_fan.png figures/
	$(BIN)/python -m figures data_statement --results results/full --results experiments/summaries --out results/readme
	cp results/readme/DATA.md DATA.md

bench: env ## speed and memory against two plain versions of the same market
	$(BIN)/python -m tests.benchmarks

soak: env ## many random worlds and many kills: the long tests that `make test` leaves out
	$(BIN)/python -m pytest -m soak

lint: env ## style, types, import floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check market experiments figures paper tests
	$(BIN)/mypy market
	$(BIN)/lint-imports

# Needs uv (pip install uv, in a venv of its own). The lock holds versions and hashes, and no address.
lock: ## rewrite requirements.lock from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url --no-emit-find-links --output-file requirements.lock

clean: ## remove the environment, caches and results
	rm -rf $(VENV) build results *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
