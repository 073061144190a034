# Every target sets up the project's own virtual environment first; nothing else is needed on the machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint check golden fixtures bench clean

demo: $(STAMP)
	$(BIN)/trail-diff --job-id 2c47cafb-f2a8-4324-bc60-6017794526c5 --events fixtures/original-incident/trail || test $$? -eq 1

test: $(STAMP)
	$(BIN)/python -m pytest

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint test
	PYTHONPATH=tests $(BIN)/python tests/incidents.py

golden: $(STAMP)
	PYTHONPATH=tests $(BIN)/python tests/render/make_golden.py
	PYTHONPATH=tests $(BIN)/python tests/readme_blocks.py
	PYTHONPATH=tests $(BIN)/python tests/causes_doc.py

bench: $(STAMP)
	PYTHONPATH=tests $(BIN)/python bench/measure.py

fixtures: $(STAMP)
	PYTHONPATH=tests $(BIN)/python fixtures/make_fixtures.py

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $(STAMP)

clean:
	rm -rf $(VENV) dist build
