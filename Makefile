.PHONY: help venv demo test lint bench fuzz pcaps further-pcaps proof-pcaps dashboards lock clean
.DEFAULT_GOAL := help
SHELL := /bin/bash

BIN := .venv/bin
RUNTIME := .venv/runtime.installed
DEVELOPMENT := .venv/development.installed
FUZZING := .venv/fuzz.installed
SECONDS := 30

# Universal: one lock for every Python and machine, told apart by markers.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock'

help: ## Show these targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 14

venv: $(DEVELOPMENT) ## Make .venv with everything that development takes

demo: $(RUNTIME) ## Play a mirror in a box, each fault once, and explain every refusal
	$(BIN)/mirrorprobe demo

test: lint ## Lint, check types, and run every test beside real peers
	scripts/apt-install requirements/apt.txt
	$(BIN)/pytest --numprocesses=2 --dist=loadfile

lint: $(DEVELOPMENT) ## Check style, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(DEVELOPMENT) ## Measure beside HAProxy, stunnel and tshark
	scripts/apt-install requirements/apt.txt requirements/apt-bench.txt
	$(BIN)/python -m tests.benchmarks

fuzz: $(FUZZING) ## Fuzz every parser, guided by coverage, from the kept corpus
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

pcaps: $(DEVELOPMENT) ## Record pcaps/ anew from the lab and eight TLS stacks (takes root)
	scripts/apt-install requirements/apt.txt requirements/apt-peers.txt
	$(BIN)/python scripts/make_pcaps.py

further-pcaps: $(DEVELOPMENT) ## Record pcaps/further anew, with TLS stacks that CI does not need (takes root)
	scripts/apt-install requirements/apt.txt requirements/apt-further.txt
	$(BIN)/python scripts/make_pcaps.py --further

proof-pcaps: $(DEVELOPMENT) ## Record pcaps/proofs anew: keys that do not fit, paths that change what passes (takes root)
	scripts/apt-install requirements/apt.txt requirements/apt-peers.txt
	$(BIN)/python scripts/make_pcaps.py --proofs

dashboards: $(DEVELOPMENT) ## Render the Grafana dashboards anew from their code
	$(BIN)/python -m dashboards.source

lock: $(DEVELOPMENT) ## Write the hashed locks anew from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) --group build --output-file requirements/runtime.txt pyproject.toml
	$(COMPILE) --group dev --all-extras --constraints requirements/runtime.txt \
		--output-file requirements/development.txt pyproject.toml
	$(COMPILE) --group fuzz --constraints requirements/development.txt \
		--output-file requirements/fuzz.txt

clean: ## Remove the environment and everything made by tools
	rm -rf .venv build dist htmlcov .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): requirements/runtime.txt pyproject.toml
	scripts/bootstrap requirements/runtime.txt
	touch $@

$(DEVELOPMENT): requirements/development.txt $(RUNTIME)
	scripts/bootstrap requirements/development.txt
	touch $@

$(FUZZING): requirements/fuzz.txt $(DEVELOPMENT)
	scripts/bootstrap requirements/fuzz.txt
	touch $@
