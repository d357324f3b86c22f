# Two commands for a machine with Python 3.11 or later, git and make: `make demo` and `make test`.
PYTHON ?= python3
RUN = .venv/bin/python -m

.PHONY: help demo test check format reference docs clean

help:
	@echo "make demo       environment, demo study, its reports, and where to open them"
	@echo "make test       environment and the whole test suite"
	@echo "make check      style, types and layers"
	@echo "make format     put the code in shape"
	@echo "make reference  recompute the reference values (needs R)"
	@echo "make docs       rewrite the method pages and the page of simulated coverage"

demo:
	@$(PYTHON) environment.py
	@.venv/bin/mmstats demo

test:
	@$(PYTHON) environment.py dev
	@$(RUN) pytest -q -n 2 --dist worksteal

check:
	@$(PYTHON) environment.py dev
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy
	@$(RUN) pytest -q tests/test_layers.py

format:
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

reference:
	Rscript tests/reference/make.R

docs:
	@$(RUN) docs.build
	@$(RUN) docs.build_coverage

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache
