# make bench: measure the example model on an emulated Cortex-M4 and on this machine, write report.html
# make test:  lint, types, firmware tests under sanitizers, all Python tests
# Both install what they need (apt packages through sudo unless root, a virtual environment in .venv); the second time is quick.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TORCH  := torch==2.13.0
TORCH_INDEX := https://download.pytorch.org/whl/cpu
SUDO   := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

TOOLS    := qemu-system-arm qemu-system-riscv32 arm-none-eabi-gcc riscv64-unknown-elf-gcc cmake ninja gcc
PACKAGES := qemu-system-arm qemu-system-misc gcc-arm-none-eabi libnewlib-arm-none-eabi \
            gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf cmake ninja-build gcc libc6-dev python3-venv

.PHONY: bench test lint types firmware-test pytest benchmarks clean

bench: $(VENV)/.bench
	$(BIN)/tinyhil generate example -o build/example.tflite
	$(BIN)/tinyhil run build/example.tflite --target qemu-cortex-m4 --target native --db build/bench.sqlite
	$(BIN)/tinyhil report -o report.html --db build/bench.sqlite

test: lint types firmware-test pytest

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

firmware-test: $(VENV)/.system
	cmake -G Ninja -S firmware -B build/firmware-tests -DTINYHIL_HOST_TESTS=ON
	cmake --build build/firmware-tests
	ctest --test-dir build/firmware-tests --output-on-failure

pytest: $(VENV)/.test
	$(BIN)/pytest -n 2 --dist loadgroup

benchmarks: $(VENV)/.test
	$(BIN)/python -m tests.benchmarks

# The tools are looked for first: where all are present, apt (and with it sudo) is never called.
$(VENV)/.system: Makefile
	@missing=; for t in $(TOOLS); do command -v $$t >/dev/null || missing=1; done; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || missing=1; \
	echo 'int main(void){return 0;}' | arm-none-eabi-gcc -specs=nano.specs -specs=nosys.specs -x c - -o /dev/null 2>/dev/null || missing=1; \
	[ "$$(riscv64-unknown-elf-gcc -print-file-name=picolibc.specs 2>/dev/null)" != picolibc.specs ] || missing=1; \
	if [ -n "$$missing" ]; then \
	  $(SUDO) apt-get update -q && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(PACKAGES); \
	fi
	@mkdir -p $(VENV) build && touch $@

$(VENV)/.venv: $(VENV)/.system
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.bench: $(VENV)/.venv pyproject.toml
	$(BIN)/pip install -q --disable-pip-version-check -e .
	@touch $@

# PyTorch's build without CUDA is a tenth of the size; where its index is not to be had, the default build does.
$(VENV)/.torch: $(VENV)/.venv
	$(BIN)/pip install -q --disable-pip-version-check --retries 0 --timeout 10 --index-url $(TORCH_INDEX) $(TORCH) 2>/dev/null || \
	  $(BIN)/pip install -q --disable-pip-version-check $(TORCH)
	@touch $@

$(VENV)/.test: $(VENV)/.torch pyproject.toml
	$(BIN)/pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.bench

clean:
	rm -rf build $(VENV) report.html
