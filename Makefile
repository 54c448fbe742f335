PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM ?= false

.DEFAULT_GOAL := help

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 12

setup: $(STAMP) ## Make the environment and install tunegate with everything its checks need

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev,offline]"
	touch $(STAMP)

demo: setup ## Do the whole job on the embedded default and print where the report is
	$(BIN)/tunegate demo

test: setup ## Run the tests
	$(BIN)/python -m pytest -n auto

fuzz: setup ## Run the property tests on new random examples
	$(BIN)/python -m pytest -n auto -m hypothesis --hypothesis-profile=fuzz

check: setup ## Check format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## Measure start-up times
	$(BIN)/python -m tests.benchmarks.startup

coverage: setup ## Simulate the coverage of every interval and write docs/coverage.md
	$(BIN)/python -m tests.benchmarks.coverage

docs: setup ## Write the command reference from the program
	$(BIN)/python -m tests.reference

clean: ## Remove the environment and caches; runs are kept
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist

.PHONY: help setup demo test fuzz check bench coverage docs clean
