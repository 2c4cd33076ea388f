# Everything runs in virtual environments below .cache/; nothing outside the checkout is touched,
# except that test-system installs what apt provides.
PYTHON ?= python3
DEMO := .cache/demo
DEV := .cache/dev
RUN := $(DEV)/bin

.PHONY: help demo install fonts lint test test-system benchmarks clean

help:
	@echo "make demo         read sample pictures with the base install alone"
	@echo "make test         install what the tests need, check style and types, run the tests"
	@echo "make test-system  fetch the fonts and run the tests that install packages"
	@echo "make benchmarks   measure speed, memory and accuracy, beside other readers; results as CSV in benchmarks/"
	@echo "make clean        remove the virtual environments"

demo: $(DEMO)/installed
	$(DEMO)/bin/plate-infer --as plate devices/plate_devices/samples

install: $(DEV)/installed

fonts: $(DEV)/installed
	$(RUN)/plate-train fonts

lint: $(DEV)/installed
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports

test: lint
	$(RUN)/python -m pytest -m "not system"

test-system: $(DEV)/installed
	command -v npm >/dev/null || apt-get install -y npm
	$(RUN)/plate-train fonts
	$(RUN)/python -m pytest -m system

benchmarks: $(DEV)/installed
	$(RUN)/python benchmarks/run_all.py

clean:
	rm -rf $(DEMO) $(DEV) .cache/rivals

$(DEMO)/installed: pyproject.toml $(wildcard runtime/plate_runtime/models/*)
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/pip install --quiet --disable-pip-version-check .
	@touch $@

$(DEV)/installed: pyproject.toml
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/pip install --quiet --disable-pip-version-check --editable '.[all,dev]'
	@touch $@
