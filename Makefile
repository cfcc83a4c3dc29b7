# SPDX-License-Identifier: Apache-2.0
# A thin front for Meson: every target first installs what it lacks (tools/setup), then calls one tool.
# `make help` lists them. BUILD=dir builds elsewhere.
BUILD ?= build
PREFIX ?= /usr/local

MAKEFLAGS += --no-print-directory
.PHONY: all run test check bench fuzz soak macos check-mac install clean help

all: setup-build $(BUILD)/build.ninja ## build/bin/berth, build/bin/vfkit and build/bin/krunkit
	@ninja -C $(BUILD)

run: setup-run all ## boot Debian's arm64 kernel: a shell on a terminal, a self-check without one
	@tools/run --program $(BUILD)/bin/vfkit

test: setup-test setup-run all ## every test; results in build/meson-logs/testlog.txt
	-@tools/guest/fetch cloud full && tests/compile/fetch
	@meson configure $(BUILD) -Dtests=enabled
	@ninja -C $(BUILD)
	@meson test -C $(BUILD) --no-rebuild --print-errorlogs --no-suite oracle

check: setup-check setup-test setup-run all ## both compilers, sanitizers, static analysis, arm64, macOS; half an hour
	-@tools/guest/fetch cloud full
	@tools/check/run

bench: setup-bench setup-run all ## berth beside QEMU in one run: times, memory, ratios
	@tools/guest/fetch cloud
	@tests/bench/run --build $(BUILD)

fuzz: setup-check ## every fuzzer for FUZZ_SECONDS (60)
	@tools/fuzz

soak: setup-test setup-run all ## a hundred boots in a row on 1, 2 and 4 vCPUs; compiles in guests; 200,000 random instructions of each class
	@tools/guest/fetch cloud
	@tests/boot/soak --build $(BUILD)
	@meson configure $(BUILD) -Dtests=enabled && ninja -C $(BUILD)
	@for flavour in 13 15; do tests/boot/soak --boots 30 --program $(BUILD)/tests/standin/berth-hvf$$flavour && \
	    tests/standin/test_hvf.py $(BUILD)/tests/standin/berth-hvf$$flavour pause_storm 4 2000 || exit 1; done
	@tests/compile/fetch
	@tests/compile/soak --program $(BUILD)/bin/berth --minutes 20
	@meson test -C $(BUILD) --suite oracle

macos: setup-build setup-macos $(BUILD)/build.ninja ## on Linux: berth for both Macs, signed, in build-macos/berth-VERSION-macos-universal.tar.gz
	@ninja -C $(BUILD) bin/berth
	@tools/macos/build $(BUILD)/bin/berth

check-mac: ## on a Mac: build, sign, boot and try everything; a report to attach to an issue
	@tools/macos/check-mac

install: all ## under PREFIX (/usr/local), DESTDIR honoured
	@meson configure $(BUILD) --prefix $(PREFIX)
	@meson install -C $(BUILD)

clean: ## remove what was built; cache/ (downloads) stays
	rm -rf $(BUILD) build-*/

help: ## this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup-%:
	@tools/setup $*

$(BUILD)/build.ninja:
	@meson setup $(BUILD)
