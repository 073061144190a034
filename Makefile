# Every target sets up the project's own virtual environment first; nothing else is needed on the machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BROWSER_STAMP := $(VENV)/.browser-installed
DEMO := $(BIN)/trail-diff --job-id 2c47cafb-f2a8-4324-bc60-6017794526c5 --events fixtures/original-incident/trail

# What make check and CI run, in this order.
CHECKS := \
  lint \
  coverage \
  incidents \
  mutants-sample \
  bench-small \
  package \
  test-browser

.PHONY: test-terraform test-action lower-bounds check $(CHECKS) demo test fuzz mutants golden fixtures bench screenshot clean

demo: $(STAMP)
	$(DEMO) || test $$? -eq 1
	@$(DEMO) --format html -o demo-report.html || test $$? -eq 1
	@echo; echo "The same as a page: open $(CURDIR)/demo-report.html in a browser."

test: $(STAMP)
	$(BIN)/python -m pytest -n auto --maxprocesses 16

# The same tests with branch coverage, which makes them about twice as slow; what runs in a process of its own is not seen.
coverage: $(STAMP)
	$(BIN)/python -m pytest -n auto --maxprocesses 16 --cov --cov-report=term:skip-covered

# Made-up exports, mangled and damaged: inputs per minute and findings. SEED begins elsewhere, INPUTS is how many.
SECONDS ?= 60
SEED ?= 0
fuzz: $(STAMP)
	PYTHONPATH=tests $(BIN)/python tests/fuzz.py --seconds $(SECONDS) --seed $(SEED) $(if $(INPUTS),--inputs $(INPUTS))

# Plans the modules of tests/terraform with Terraform itself, and compares with the plans that the tests read.
# TF_PLUGIN_DIR names a folder with the AWS provider, where it cannot be downloaded.
test-terraform: $(STAMP)
	$(BIN)/python tests/terraform/plans.py
	$(BIN)/python -m pytest tests/usage/test_terraform_plans.py

# Checks the Action with actionlint, a Go module, and the hook with pre-commit on a small repository; both are fetched.
test-action: $(STAMP)
	GOBIN=$(CURDIR)/build/go go install github.com/rhysd/actionlint/cmd/actionlint@latest
	$(PYTHON) -m venv build/pre-commit
	build/pre-commit/bin/python -m pip install --quiet --disable-pip-version-check pre-commit
	PYTHONPATH=tests:. $(BIN)/python tests/action/check.py $(CURDIR)/build/go/actionlint $(CURDIR)/build/pre-commit/bin/pre-commit

test-browser: $(BROWSER_STAMP)
	$(BIN)/python -m pytest -m browser tests/browser

screenshot: $(BROWSER_STAMP)
	PYTHONPATH=tests $(BIN)/python tests/browser/screenshot.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: $(CHECKS)

# Plants bugs in what decides, one at a time, and fails when the tables of cases notice too few of them.
mutants: $(STAMP)
	$(BIN)/python tests/mutants.py

mutants-sample: $(STAMP)
	$(BIN)/python tests/mutants.py --sample 80

incidents: $(STAMP)
	PYTHONPATH=tests $(BIN)/python tests/incidents.py

bench-small: $(STAMP)
	PYTHONPATH=tests $(BIN)/python bench/measure.py --small

golden: $(STAMP)
	PYTHONPATH=tests $(BIN)/python tests/render/make_golden.py
	PYTHONPATH=tests $(BIN)/python tests/doc_blocks.py
	PYTHONPATH=tests $(BIN)/python tests/causes_doc.py
	PYTHONPATH=tests $(BIN)/python tests/reasons_doc.py
	PYTHONPATH=tests $(BIN)/python tests/profiles_doc.py
	PYTHONPATH=tests $(BIN)/python tests/man_page.py

# The wheel with its extra and the sdist, each installed in an environment of its own and used there.
package: $(STAMP)
	rm -rf dist build/package
	$(BIN)/python -m build --outdir dist
	for built in "$$(echo dist/*.whl)[parquet]" dist/*.tar.gz; do \
	  $(PYTHON) -m venv --clear build/package && \
	  build/package/bin/python -m pip install --quiet --disable-pip-version-check "$$built" && \
	  build/package/bin/trail-diff doctor --offline && \
	  (cd build && package/bin/trail-diff jobs --events ../fixtures/original-incident/trail --format html >/dev/null) || exit 1; \
	done

# The oldest versions that pyproject.toml takes, in an environment of their own, and the tests of what uses them.
# The schemas that ship are as the newest msgspec makes them, so that they are made here is not tested.
lower-bounds: $(STAMP)
	$(PYTHON) -m venv --clear build/lower-bounds
	$(BIN)/python tests/lower_bounds.py > build/lower-bounds/oldest.txt
	build/lower-bounds/bin/python -m pip install --quiet --disable-pip-version-check -r build/lower-bounds/oldest.txt \
	  hypothesis jsonschema pytest pytest-xdist
	PYTHONPATH=. build/lower-bounds/bin/python -m pytest -n auto tests/api tests/test_api.py tests/render -k "not schema_in_package and not shipped_schema"

# Compiled first, as pip compiles the engines that trail-diff is compared with.
bench: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/python -m compileall -q trail_diff
	PYTHONPATH=tests $(BIN)/python bench/measure.py $(BENCH)
	PYTHONPATH=tests $(BIN)/python bench/fetch_cost.py
	$(BIN)/python bench/startup.py

fixtures: $(STAMP)
	PYTHONPATH=tests $(BIN)/python fixtures/make_fixtures.py

$(STAMP): pyproject.toml
	@echo "Setting up $(VENV), which takes about a minute …"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	$(BIN)/python -m compileall -q trail_diff
	touch $(STAMP)

# Drives the Chromium that the machine has; none is downloaded.
$(BROWSER_STAMP): $(STAMP)
	@command -v chromium >/dev/null || { echo "no chromium here; on Debian: apt-get install chromium" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[browser]'
	touch $(BROWSER_STAMP)

clean:
	rm -rf $(VENV) dist build mutants demo-report.html .coverage
