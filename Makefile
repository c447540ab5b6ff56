# `make demo` and `make test` set up everything they need: a .venv with the package in it.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: demo test test-all test-quick lint bench clean

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[torch,maps,chat,tensorboard,cluster,automata,games,dev]'
	touch $@

demo: $(INSTALLED)
	$(BIN)/nerode demo --out runs/demo

# Two processes of one thread each: threads that wait for each other on two cores take far longer.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist worksteal

# Levels: CONTRIBUTING.md, "Which tests to run when".
test: lint
	$(PYTEST) -m 'not long'

test-all: lint
	$(PYTEST)

test-quick: $(INSTALLED)
	$(PYTEST) -m 'not slow and not long'

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(INSTALLED)
	$(BIN)/python benchmarks/bench.py --json runs/bench.json

clean:
	rm -rf .venv runs .pytest_cache .mypy_cache .ruff_cache
	find nerode -name "*.nbi" -o -name "*.nbc" | xargs rm -f
