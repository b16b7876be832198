# make demo   a virtual environment, an install, and the demo scene captured before your eyes
# make test   the same set-up with the test tools; lint, types, tests

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test bench clean system-packages

demo: $(VENV)/installed
	$(BIN)/goldenhour demo

test: system-packages $(VENV)/test-tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --cov --cov-report=term

bench: system-packages $(VENV)/test-tools
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis dist

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'goldenhour needs Python 3.11 or later: make PYTHON=python3.12 …'; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory debian-packages PACKAGES='python3-venv'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml $(shell find capture hashing exports cli.py -type f -not -name '*.pyc')
	$(BIN)/python -m pip install --quiet --disable-pip-version-check .
	@touch $@

$(VENV)/test-tools: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

# Outside judges of what we write. Without them their tests are skipped, and say so.
system-packages:
	@missing=''; for tool in hashdeep openssl curl; do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	 [ -z "$$missing" ] || $(MAKE) --no-print-directory debian-packages PACKAGES="$$missing"

.PHONY: debian-packages
debian-packages:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	   apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGES) >/dev/null; \
	 else echo "not installed: $(PACKAGES) (install them, or go without)"; fi
