# Everything runs in virtual environments below .cache/; nothing outside the checkout is touched,
# except that test-system installs what apt provides.
PYTHON ?= python3
DEMO := .cache/demo
DEV := .cache/dev
RUN := $(DEV)/bin
# A broker, and certificates for it; systemd's own checks of units; a browser; a C compiler, for the example of embedding;
# an RTSP server with H.264; a database, and Prometheus with promtool.
SYSTEM := mosquitto postgresql prometheus openssl systemd chromium-headless-shell gcc libc6-dev \
	gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly python3-gi

# What makes roots of Debian for boards that are emulated.
EMULATION := mmdebstrap debian-archive-keyring
# Pictures of each real set that an emulated board scores ("all" for every one); RECORD=1 writes benchmarks/results/arm.csv.
PICTURES ?= 40
RECORD ?= 0
# How long a soak (30) or fuzzing (60) lasts; with RECORD=1 it is added to benchmarks/results/soak.csv or fuzz.csv.
MINUTES ?= $(if $(filter fuzz,$(MAKECMDGOALS)),60,30)
SEED ?= 0
# Pictures that `make archive` reads in each run.
INPUTS ?= 20000
# How many places of the code are changed, to see whether a test notices.
COUNT ?= 500

.PHONY: help demo install fonts lint docs mutants test test-system test-arm64 test-armhf test-home-assistant soak fuzz fleet archive image benchmarks clean

help:
	@echo "make demo         read sample pictures with the base install alone"
	@echo "make test         install what the tests need (TensorFlow ...) into $(DEV), check style and types, run the tests"
	@echo "make docs         build the documentation as a site in .cache/site"
	@echo "make test-system  fetch the fonts and run the tests that install packages"
	@echo "make test-arm64   install the wheel on emulated 64-bit ARM, bookworm and trixie; same plates and scores as on x86"
	@echo "make test-armhf   the same for 32-bit ARM, bookworm (PICTURES=all for whole sets, RECORD=1 to keep the results)"
	@echo "make test-home-assistant  compare what Home Assistant 2024.3.3 shows with what is published; installs it in .cache"
	@echo "make soak         a simulated drive for MINUTES=30, while broker, web server, camera and disk fail and clients attack"
	@echo "make fuzz         read changed pictures, models, settings, requests ... for MINUTES=60 (SEED=0, RECORD=1)"
	@echo "make mutants      change the code at COUNT=500 places and see which changes no test notices (SEED=0, RECORD=after)"
	@echo "make fleet        20 simulated devices, a broker, a database and Prometheus for 5 minutes; then what the servers take"
	@echo "make archive      plate-archive on a local cluster that loses a node: 20,000 rows, and what Ray costs"
	@echo "make image        OCI images for amd64 and arm64 in .cache/image"
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

docs: $(DEV)/installed
	NO_MKDOCS_2_WARNING=1 $(RUN)/mkdocs build

test: lint
	$(RUN)/python -m pytest -m "not system and not arm64 and not armhf"

test-system: $(DEV)/installed
	dpkg -s $(SYSTEM) >/dev/null 2>&1 || { apt-get update && apt-get install -y --no-install-recommends $(SYSTEM); }
	$(RUN)/plate-train fonts
	$(RUN)/python -m pytest -m system

test-arm64 test-armhf: test-%: $(DEV)/installed
	dpkg -s $(EMULATION) >/dev/null 2>&1 || { apt-get update && apt-get install -y --no-install-recommends $(EMULATION); }
	PLATE_EDGE_ARM_PICTURES=$(PICTURES) PLATE_EDGE_ARM_RECORD=$(RECORD) $(RUN)/python -m pytest -m $* tests/arm

test-home-assistant: $(DEV)/installed
	[ -e .cache/home-assistant/installed ] || { python3.11 -m venv .cache/home-assistant && \
		.cache/home-assistant/bin/pip install -q --no-deps homeassistant==2024.3.3 && \
		.cache/home-assistant/bin/pip install -q homeassistant==2024.3.3 paho-mqtt==1.6.1 janus \
			-c .cache/home-assistant/lib/python3.11/site-packages/homeassistant/package_constraints.txt && \
		touch .cache/home-assistant/installed; }
	PYTHONPATH=tests $(RUN)/python -m home_assistant.check .cache/home-assistant/bin/python

soak: $(DEV)/installed
	command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || { apt-get update && apt-get install -y --no-install-recommends mosquitto; }
	PYTHONPATH=tests unshare --mount --map-root-user $(RUN)/python -m soak --minutes $(MINUTES) \
		$(if $(filter 1,$(RECORD)),--record benchmarks/results/soak.csv)

fleet: $(DEV)/installed
	dpkg -s mosquitto postgresql prometheus >/dev/null 2>&1 || { apt-get update && apt-get install -y --no-install-recommends mosquitto postgresql prometheus; }
	$(RUN)/python benchmarks/fleet_capacity.py

fuzz: $(DEV)/installed
	PYTHONPATH=tests $(RUN)/python -m fuzz --minutes $(MINUTES) --seed $(SEED) \
		$(if $(filter 1,$(RECORD)),--record benchmarks/results/fuzz.csv)

mutants: $(DEV)/installed
	$(RUN)/pip install --quiet "mutmut>=3.8"
	$(RUN)/python benchmarks/mutants.py --count $(COUNT) --seed $(SEED) $(if $(filter before after,$(RECORD)),--record $(RECORD))

archive: $(DEV)/installed
	$(RUN)/python benchmarks/archive.py --inputs $(INPUTS)

image: $(DEV)/installed
	dpkg -s $(EMULATION) umoci >/dev/null 2>&1 || { apt-get update && apt-get install -y --no-install-recommends $(EMULATION) umoci; }
	PYTHON=$(RUN)/python containers/build.sh .cache/image

benchmarks: $(DEV)/installed
	$(RUN)/python benchmarks/run_all.py

clean:
	rm -rf $(DEMO) $(DEV) .cache/rivals

$(DEMO)/installed: pyproject.toml $(wildcard runtime/plate_runtime/models/*)
	@echo "installing into $(DEMO), once: Plate Edge with numpy, Pillow and LiteRT"
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/pip install --quiet --disable-pip-version-check .
	@touch $@

$(DEV)/installed: pyproject.toml
	@echo "installing into $(DEV), once: TensorFlow, ONNX, OpenCV, matplotlib and the tools of the tests; about 3 GB"
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/pip install --quiet --disable-pip-version-check --editable '.[all,dev]'
	@touch $@
