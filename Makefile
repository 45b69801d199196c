# mxdane: build, run, check, install, package.
# `make run` and `make check` install the packages that they need; `make all check-only install` use
# what is there, without a network, and `make deps test-deps` say what is missing.
VERSION = 0.2.0
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
CC ?= cc
PKG_CONFIG ?= pkg-config
INSTALL ?= install
SAN ?=
CFLAGS ?= -O2 -g
FUZZ_SECONDS ?= 60
FUZZ_TARGET ?= # as in tests/fuzz/fuzz_TARGET.c
V ?= # V=1 shows the commands
Q := $(if $(strip $(V)),,@)
BUILD := build/$(if $(SAN),sanitized,release)

BUILD_PACKAGES = build-essential pkg-config libgetdns-dev libssl-dev libuv1-dev libpcre2-dev \
	libidn2-dev libseccomp-dev libjansson-dev dns-root-data
TEST_PACKAGES = $(BUILD_PACKAGES) libcmocka-dev cppcheck systemd prometheus zsh fish \
	$(shell cat tests/lab/packages 2>/dev/null)
LINT_PACKAGES = clang clang-tidy
# The sanitizers of the clang that the release calls clang.
FUZZ_PACKAGES = clang $(shell LC_ALL=C apt-cache depends clang | \
	sed -n 's/.*Depends: clang-\([0-9]*\)$$/libclang-rt-\1-dev/p')
# systemd.pc moved to a package of its own after Debian 12.
PACKAGE_PACKAGES = debhelper libcmocka-dev $(firstword $(shell apt-cache pkgnames systemd-dev) systemd)
# With the oldest version of each that the tests run with.
LIBRARIES = getdns:1.6.0 openssl:3.0.0 libuv:1.44.2 libpcre2-8:10.42 libidn2:2.3.3 \
	libseccomp:2.5.4 jansson:2.14
LIBRARY_NAMES = $(foreach library,$(LIBRARIES),$(firstword $(subst :, ,$(library))))

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	-Werror=return-type -Werror=switch
# A compiler or a packager may have set it already, and it needs a compiler that optimizes.
FORTIFY := $(if $(SAN),,$(shell $(CC) $(CPPFLAGS) $(CFLAGS) -dM -E -x c /dev/null 2>/dev/null | \
	awk '/ _FORTIFY_SOURCE / { set = 1 } / __OPTIMIZE__ / { able = 1 } \
		END { if (able && !set) print "-D_FORTIFY_SOURCE=2" }'))
HARDENING = -fstack-protector-strong -fPIE $(FORTIFY)
SANITIZE = $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -DMXDANE_SANITIZED)
# The folder of a build is not in what it makes: two builds in two folders make the same bytes.
REPRODUCIBLE = -ffile-prefix-map=$(CURDIR)=.
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DMXDANE_VERSION='"$(VERSION)"' \
	-DMXDANE_SHARE='"$(PREFIX)/share/mxdane"' $(WARNINGS) $(HARDENING) $(REPRODUCIBLE) \
	$(SANITIZE) -Iinclude -Isrc -Itests $(LIBRARY_CFLAGS) $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SANITIZE) $(LDFLAGS)
LIBRARY_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBRARY_NAMES) 2>/dev/null)
LDLIBS := $(shell $(PKG_CONFIG) --libs $(LIBRARY_NAMES) 2>/dev/null)

VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full \
	--show-leak-kinds=definite,indirect,possible

SOURCES := $(wildcard src/*/*.c)
OBJECTS := $(SOURCES:src/%.c=$(BUILD)/%.o)
MODULES := $(filter-out $(BUILD)/cli/main.o,$(OBJECTS))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

GRAMMAR := $(BUILD)/tests/grammar/grammar.o $(BUILD)/tests/grammar/forms.o
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SHARED := $(addprefix $(BUILD)/tests/fuzz/,fuzz.o dns.o tls.o) $(GRAMMAR) $(MODULES)
REPLAYS := $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)

FAULTS := $(addprefix $(BUILD)/faults/,mxdane memory.so clock.so forbid)
ALLOCATOR = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray \
	-Wl,--wrap=CRYPTO_set_mem_functions

LINT := build/lint
LINT_CFLAGS = $(filter-out $(SANITIZE),$(ALL_CFLAGS))
ANALYZED := $(SOURCES:%.c=$(LINT)/gcc/%.o)
CLANG_CHECKED := $(patsubst %.c,$(LINT)/clang/%.o,$(SOURCES) $(wildcard tests/*/*.c))
CLANG_TIDIED := $(SOURCES:%.c=$(LINT)/tidy/%)

LAB_TOOLS := $(patsubst tests/lab/%.c,$(BUILD)/lab/%,$(wildcard tests/lab/*.c))
BENCH_TOOLS := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))

.PHONY: FORCE all run demo check lint lint-fast faults fuzz fuzz-targets mutants bench valgrind \
	install uninstall clean build-packages test-packages deps test-deps check-only check-units unit lab help dist deb \
	package-check
.DEFAULT_GOAL := all
.SECONDARY:

all: $(BUILD)/mxdane

$(BUILD)/mxdane: $(OBJECTS)
	@echo "  link $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: src/%.c Makefile | $(BUILD)/libraries
	@mkdir -p $(@D)
	@echo "  cc $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(MODULES) $(GRAMMAR)
	@mkdir -p $(@D)
	@echo "  cc $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< $(MODULES) $(GRAMMAR) $(LDLIBS) -lcmocka

# A test that makes the sessions by hand.
$(BUILD)/unit/test_audit_probes: ALL_LDFLAGS += \
	-Wl,--wrap=probe_start,--wrap=probe_cancel,--wrap=probe_silence

# A test that answers by itself.
$(BUILD)/unit/test_audit_explain: ALL_LDFLAGS += -Wl,--wrap=resolver_ask

# A test that counts digests, and refuses them.
$(BUILD)/unit/test_dane_delegation: ALL_LDFLAGS += -Wl,--wrap=EVP_DigestFinal_ex

# Tests that answer the questions and make the sessions, or the hosts, by hand.
$(BUILD)/unit/test_audit_hosts $(BUILD)/unit/test_audit_kept \
$(BUILD)/unit/test_audit_more: ALL_LDFLAGS += \
	-Wl,--wrap=resolver_ask,--wrap=probes_new,--wrap=probes_add,--wrap=probes_count \
	-Wl,--wrap=probes_cancel,--wrap=probes_free
$(BUILD)/unit/test_audit_domain_audit $(BUILD)/unit/test_audit_verdicts \
$(BUILD)/unit/test_audit_shares $(BUILD)/unit/test_audit_delegation: ALL_LDFLAGS += \
	-Wl,--wrap=resolver_ask,--wrap=hosts_find,--wrap=hosts_release

# A test of what the command makes of a run and of its output.
$(BUILD)/unit/test_cli_audit_command: ALL_LDFLAGS += \
	-Wl,--wrap=process_hold_signals,--wrap=process_fit_descriptors,--wrap=run_domains \
	-Wl,--wrap=sandbox_prepare,--wrap=sandbox_enter,--wrap=delivery_open,--wrap=delivery_close \
	-Wl,--wrap=delivery_report,--wrap=progress_draw,--wrap=access \
	-Wl,--wrap=retired_open,--wrap=retired_free

# A test of what becomes of a finished domain.
$(BUILD)/unit/test_cli_delivery: ALL_LDFLAGS += \
	-Wl,--wrap=output_open,--wrap=output_report,--wrap=output_gone,--wrap=output_close \
	-Wl,--wrap=state_open,--wrap=state_free,--wrap=state_compare,--wrap=state_add \
	-Wl,--wrap=state_next_gone,--wrap=state_publish,--wrap=findings_find

# A test in which calls of OpenSSL fail.
$(BUILD)/unit/test_dane_failures: ALL_LDFLAGS += \
	-Wl,--wrap=SSL_dane_tlsa_add,--wrap=SSL_get0_dane_authority,--wrap=SSL_get0_dane_tlsa \
	-Wl,--wrap=SSL_get0_verified_chain,--wrap=SSL_get_peer_cert_chain

$(BUILD)/tests/%.o: tests/%.c Makefile | $(BUILD)/libraries
	@mkdir -p $(@D)
	@echo "  cc $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The program with an allocator that fails on demand, and what is put before the program.
$(BUILD)/faults/mxdane: tests/faults/allocator.c $(OBJECTS) tests/faults/count.h
	@mkdir -p $(@D)
	@echo "  link $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(ALLOCATOR) -o $@ $(filter-out %.h,$^) $(LDLIBS)

$(BUILD)/faults/%.so: tests/faults/%.c tests/faults/count.h
	@mkdir -p $(@D)
	@echo "  cc $<"
	$(Q)$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $<

$(BUILD)/faults/forbid: tests/faults/forbid.c
	@mkdir -p $(@D)
	@echo "  cc $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LDLIBS)

# What knows every line of a trace; the lab passes it what the program prints.
$(BUILD)/grammar/trace: $(BUILD)/tests/grammar/main.o $(GRAMMAR) $(BUILD)/base/buffer.o \
		$(BUILD)/base/memory.o
	@mkdir -p $(@D)
	@echo "  link $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^

# A fuzz target as an ordinary program, which is fed files, and with libFuzzer.
$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(FUZZ_SHARED)
	@mkdir -p $(@D)
	@echo "  link $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/libfuzzer/%: $(BUILD)/tests/fuzz/fuzz_%.o $(FUZZ_SHARED)
	@mkdir -p $(@D)
	@echo "  link $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# A target that says which file is /etc/resolv.conf.
$(BUILD)/fuzz/nameserver $(BUILD)/libfuzzer/nameserver: ALL_LDFLAGS += -Wl,--wrap=fopen

-include $(OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(wildcard $(BUILD)/tests/*/*.d) \
	$(ANALYZED:.o=.d) $(CLANG_CHECKED:.o=.d)

# What is missing is said in one line, before anything is compiled.
$(BUILD)/libraries: Makefile
	$(if $(NEEDED),$(error $(NEEDED) make deps names the packages))
	@mkdir -p $(@D)
	@touch $@

NEEDED = $(shell echo $(LIBRARIES) | tr ' :' '\n ' | while read -r name least; do \
	$(PKG_CONFIG) --atleast-version="$$least" "$$name" 2>/dev/null && continue; \
	found=$$($(PKG_CONFIG) --modversion "$$name" 2>/dev/null); \
	echo "$$name $$least or newer is needed, $${found:+not }$${found:-and missing};"; done)

# The files beside the program are found by the PREFIX that it was compiled for.
$(patsubst src/%.c,$(BUILD)/%.o,$(shell grep -l MXDANE_SHARE src/*/*.c)): $(BUILD)/prefix

$(BUILD)/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' >$@

FORCE:

build-packages:
	@tests/packages $(BUILD_PACKAGES)

test-packages:
	@tests/packages $(TEST_PACKAGES)
	@tests/lab/unpack

deps:
	@tests/packages --say $(BUILD_PACKAGES)

test-deps:
	@tests/packages --say $(TEST_PACKAGES)
	@tests/lab/unpack --say

run: build-packages
	@$(MAKE) --no-print-directory all
	@if [ -n "$(DOMAIN)" ]; then $(BUILD)/mxdane $(DOMAIN); \
	else $(MAKE) --no-print-directory demo; fi

demo: test-packages
	@tests/lab/demo --binary $(BUILD)/mxdane

# What takes seconds is part of check; the second compiler and clang-tidy are not.
lint: test-packages
	@tests/packages $(LINT_PACKAGES)
	@$(MAKE) --no-print-directory -j "$$(nproc)" all lint-fast $(CLANG_CHECKED) $(CLANG_TIDIED)
	@tests/lint/rooms
	@tests/lint/counting
	@tests/lint/classes
	@tests/lint/manual $(BUILD)/mxdane
	@tests/lint/hardening $(BUILD)/mxdane
	@tests/lint/security
	@tests/lint/completion $(BUILD)/mxdane
	@tests/lint/install $(BUILD)/mxdane
	@tests/lint/build $(BUILD)/mxdane

# A callback's parameters are those that the library's header gives it; how deep cppcheck looks is
# its own notice, no defect.
lint-fast: $(ANALYZED)
	@echo "  cppcheck src"
	$(Q)cppcheck -q --enable=warning,style,performance,portability --inline-suppr --std=c11 \
		--suppress=constParameterCallback --suppress=normalCheckLevelMaxBranches \
		-D_GNU_SOURCE --library=posix -Iinclude -Isrc --error-exitcode=1 src

$(LINT)/gcc/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  analyze $<"
	$(Q)gcc $(LINT_CFLAGS) -Werror -fanalyzer -MMD -MP -c -o $@ $<

$(LINT)/clang/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  clang $<"
	$(Q)clang $(LINT_CFLAGS) -Werror -MMD -MP -c -o $@ $<

$(LINT)/tidy/%: $(LINT)/clang/%.o .clang-tidy
	@mkdir -p $(@D)
	@echo "  clang-tidy $*.c"
	$(Q)clang-tidy --quiet $*.c -- $(LINT_CFLAGS) 2>$@.log || { cat $@.log; false; }
	@touch $@

check: test-packages
	@$(MAKE) --no-print-directory check-only

# The same with what is there: without a network, and without apt.
check-only:
	@$(MAKE) --no-print-directory -j "$$(nproc)" all $(BUILD)/grammar/trace $(UNIT_TESTS) \
		$(REPLAYS) $(LAB_TOOLS) $(FAULTS) lint-fast
	@MXDANE_OFFLINE=1 tests/check $(BUILD) $(UNIT_TESTS)

# The tests of single modules, and the seeds of the fuzz targets: they need cmocka and no server.
check-units: $(UNIT_TESTS) $(REPLAYS)
	@tests/units $(BUILD) $(UNIT_TESTS)

unit: test-packages
	@$(MAKE) --no-print-directory -j "$$(nproc)" check-units

# The cases whose names match CASE, a regular expression; all of them without it.
lab: test-packages
	@$(MAKE) --no-print-directory -j "$$(nproc)" all $(BUILD)/grammar/trace $(LAB_TOOLS)
	@tests/lab/run --binary $(BUILD)/mxdane --case '$(CASE)'

help:
	@echo 'make run [DOMAIN=example.org]  build and audit a domain, or the examples of the lab'
	@echo 'make check                     build and run every test'
	@echo 'make unit, make lab CASE=^E30  one part of it'
	@echo 'make lint, make fuzz, make faults, make mutants, make valgrind, make bench'
	@echo 'make all check-only install    for packagers: no network, no apt; make deps test-deps'
	@echo 'make dist, make deb, make package-check'

# Every allocation where make check takes a sample: a quarter of an hour.
faults: test-packages
	@$(MAKE) --no-print-directory -j "$$(nproc)" all $(FAULTS)
	@tests/faults/run $(BUILD) --all

# Looks for what no test thought of: each target for FUZZ_SECONDS, or one FUZZ_TARGET.
fuzz: test-packages
	@tests/packages $(FUZZ_PACKAGES)
	@$(MAKE) --no-print-directory -j "$$(nproc)" BUILD=build/fuzz CC=clang CFLAGS="-O1 -g" \
		SAN=fuzzer-no-link,address,undefined fuzz-targets
	@tests/fuzz/run build/fuzz $(FUZZ_SECONDS) $(or $(FUZZ_TARGET),$(FUZZ_TARGETS))

fuzz-targets: $(FUZZ_TARGETS:%=$(BUILD)/libfuzzer/%)

# Breaks the judging code in one place at a time: what no test sees fails. MUTANTS= is files, options.
mutants: test-packages
	@tests/mutants/run $(MUTANTS)

# Ratios and medians, from the lab; nothing of it is asserted in a test.
bench: test-packages
	@$(MAKE) --no-print-directory all $(BENCH_TOOLS)
	@tests/bench/parallel --binary $(BUILD)/mxdane
	@$(BUILD)/bench/findings
	@tests/bench/lists --binary $(BUILD)/mxdane --tools $(BUILD)/bench

$(BUILD)/bench/%: tests/bench/%.c $(MODULES)
	@mkdir -p $(@D)
	@echo "  cc $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(MODULES) $(LDLIBS)

$(BUILD)/lab/%: tests/lab/%.c
	@mkdir -p $(@D)
	@echo "  cc $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LDLIBS)

# The whole lab under valgrind: no leak, no byte read before it is written.
valgrind: test-packages
	@tests/packages valgrind
	@$(MAKE) --no-print-directory all $(BUILD)/grammar/trace $(LAB_TOOLS)
	@tests/lab/run --binary $(BUILD)/mxdane --slow 10 --wrap '$(VALGRIND)'

# FROM:TO. In docs/ the paths are those of PREFIX=/usr/local: on the way they become the packager's.
INSTALLED = mxdane.1:$(MANDIR)/man1/mxdane.1 \
	mxdane-watch.1:$(MANDIR)/man1/mxdane-watch.1 \
	retired-issuers:$(PREFIX)/share/mxdane/retired-issuers \
	json-schema.json:$(PREFIX)/share/mxdane/json-schema.json \
	completion/mxdane.bash:$(PREFIX)/share/bash-completion/completions/mxdane \
	completion/_mxdane:$(ZSHDIR)/_mxdane \
	completion/mxdane.fish:$(PREFIX)/share/fish/vendor_completions.d/mxdane.fish \
	monitor/mxdane-watch:$(BINDIR)/mxdane-watch \
	monitor/mxdane.service:$(UNITDIR)/mxdane.service \
	monitor/mxdane.timer:$(UNITDIR)/mxdane.timer \
	monitor/domains.sample:$(PREFIX)/share/mxdane/domains.sample \
	monitor/nagios.cfg:$(PREFIX)/share/mxdane/nagios.cfg \
	monitor/icinga2.conf:$(PREFIX)/share/mxdane/icinga2.conf \
	monitor/prometheus-rules.yml:$(PREFIX)/share/mxdane/prometheus-rules.yml

# In two steps, because a packager's path may contain one of the others.
SET_PATHS = sed -e 's,/usr/local/lib/systemd/system,@unitdir@,g; s,/usr/local/bin,@bindir@,g' \
	-e 's,/usr/local/share/zsh/site-functions,@zshdir@,g' \
	-e 's,/usr/local,@prefix@,g; s,/etc/mxdane,@sysconfdir@/mxdane,g' \
	-e 's,@unitdir@,$(UNITDIR),g; s,@bindir@,$(BINDIR),g; s,@zshdir@,$(ZSHDIR),g' \
	-e 's,@prefix@,$(PREFIX),g; s,@sysconfdir@,$(SYSCONFDIR),g'

install: all
	$(INSTALL) -D -m 755 $(BUILD)/mxdane $(DESTDIR)$(BINDIR)/mxdane
	$(Q)for pair in $(INSTALLED); do \
		from=docs/$${pair%%:*}; to=$(DESTDIR)$${pair#*:}; \
		mode=644; [ ! -x $$from ] || mode=755; \
		echo "$(INSTALL) -D -m $$mode $$from $$to"; \
		$(SET_PATHS) $$from >$(BUILD)/installed && \
			$(INSTALL) -D -m $$mode $(BUILD)/installed $$to || exit 1; \
	done

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/mxdane \
		$(foreach pair,$(INSTALLED),$(DESTDIR)$(lastword $(subst :, ,$(pair))))

# What git tracks, as build/mxdane-VERSION.tar.gz, and the Debian packages made of it, in build/deb.
dist:
	@docs/packaging/dist $(VERSION)

deb: build-packages
	@tests/packages $(PACKAGE_PACKAGES)
	@docs/packaging/deb $(VERSION)

# Minutes, and therefore no part of check: see tests/package.
package-check: test-packages
	@tests/packages debootstrap debian-archive-keyring autopkgtest podman buildah crun
	@tests/package

clean:
	rm -rf build
