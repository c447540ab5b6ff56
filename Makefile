# `make demo` and `make test` set up everything they need: a .venv with the package in it.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: demo test test-quick lint bench clean

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[torch,maps,chat,tensorboard,dev]'
	touch $@

demo: $(INSTALLED)
	$(BIN)/nerode demo --out runs/demo

# Two processes of one thread each: threads that wait for each other on two cores take far longer.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist worksteal

test: lint
	$(PYTEST)

test-quick: $(INSTALLED)
	$(PYTEST) -m 'not slow'

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(INSTALLED)
	$(BIN)/python benchmarks/bench.py --json runs/bench.json

clean:
	rm -rf .venv runs .pytest_cache .mypy_cache .ruff_cache
