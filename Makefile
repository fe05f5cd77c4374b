# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet
WORKERS ?= 2

.PHONY: demo test check bench clean

demo: .venv/.core
	$(BIN)/segmem demo -o demo

test: .venv/.dev .venv/.browser
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

check: .venv/.dev  ## the quick part of what `make test` asks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --ignore tests/e2e -x

.venv/.made:
	$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info[:2] <= (3, 13); sys.exit(not ok and f"segmem needs Python 3.11 to 3.13, {sys.executable} is {sys.version.split()[0]}; name another with: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	touch $@

.venv/.core: .venv/.made pyproject.toml constraints.txt
	@echo "Installing segmem into .venv (about two minutes the first time) ..."
	$(INSTALL) --editable .
	touch $@

.venv/.dev: .venv/.made pyproject.toml constraints.txt
	@echo "Installing segmem and what its tests need into .venv (about three minutes the first time) ..."
	$(INSTALL) --editable '.[train,eval,itk,dicom,hub,litemedsam,dev]'
	touch $@ .venv/.core

.venv/.browser: .venv/.made  ## reports are opened in it; where it cannot be installed those tests are skipped
	@command -v chromium chromium-browser google-chrome >/dev/null || { echo "Installing Chromium for the tests of reports ..."; \
	    S=$$(test "$$(id -u)" = 0 || echo "sudo -n"); \
	    { $$S apt-get update -qq && $$S env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 \
	    || echo "Chromium could not be installed; tests that need a browser are skipped."; }
	touch $@

clean:
	rm -rf .venv demo
