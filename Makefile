# mxdane: build, run, check, install. Every package a target needs is installed by the target.
VERSION = 0.1
PREFIX ?= /usr/local
CC ?= cc
SAN ?=
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
LIBRARIES = getdns openssl libuv libpcre2-8 libidn2 libseccomp jansson

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	-Werror=return-type -Werror=switch
HARDENING = -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
SANITIZE = $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -DMXDANE_SANITIZED)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -DMXDANE_VERSION='"$(VERSION)"' \
	-DMXDANE_SHARE='"$(PREFIX)/share/mxdane"' $(WARNINGS) $(HARDENING) \
	$(SANITIZE) -Iinclude -Isrc -Itests $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SANITIZE) $(LDFLAGS)
LDLIBS = $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null)

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

.PHONY: FORCE all run demo check lint lint-fast faults fuzz fuzz-targets mutants bench valgrind install uninstall clean build-packages test-packages
.DEFAULT_GOAL := all
.SECONDARY:

all: $(BUILD)/mxdane

$(BUILD)/mxdane: $(OBJECTS)
	@echo "  link $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/%.o: src/%.c Makefile
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
$(BUILD)/unit/test_audit_hosts $(BUILD)/unit/test_audit_kept: ALL_LDFLAGS += \
	-Wl,--wrap=resolver_ask,--wrap=probes_new,--wrap=probes_add,--wrap=probes_count \
	-Wl,--wrap=probes_cancel,--wrap=probes_free
$(BUILD)/unit/test_audit_task $(BUILD)/unit/test_audit_verdicts: ALL_LDFLAGS += \
	-Wl,--wrap=resolver_ask,--wrap=hosts_find,--wrap=hosts_release

# A test in which calls of OpenSSL fail.
$(BUILD)/unit/test_dane_failures: ALL_LDFLAGS += \
	-Wl,--wrap=SSL_dane_tlsa_add,--wrap=SSL_get0_dane_authority,--wrap=SSL_get0_dane_tlsa \
	-Wl,--wrap=SSL_get0_verified_chain,--wrap=SSL_get_peer_cert_chain

$(BUILD)/tests/%.o: tests/%.c Makefile
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

# The files beside the program are found by the PREFIX that it was compiled for.
$(BUILD)/cli/main.o: $(BUILD)/prefix

$(BUILD)/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' >$@

FORCE:

build-packages:
	@tests/packages $(BUILD_PACKAGES)

test-packages:
	@tests/packages $(TEST_PACKAGES)

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
	@$(MAKE) --no-print-directory -j "$$(nproc)" all $(BUILD)/grammar/trace $(UNIT_TESTS) \
		$(REPLAYS) $(LAB_TOOLS) $(FAULTS) lint-fast
	@tests/check $(BUILD) $(UNIT_TESTS)

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

# From docs/ to below PREFIX; the paths in them are set to PREFIX.
INSTALLED = mxdane.1:share/man/man1/mxdane.1 \
	retired-issuers:share/mxdane/retired-issuers \
	json-schema.json:share/mxdane/json-schema.json \
	completion/mxdane.bash:share/bash-completion/completions/mxdane \
	completion/_mxdane:share/zsh/site-functions/_mxdane \
	completion/mxdane.fish:share/fish/vendor_completions.d/mxdane.fish \
	monitor/mxdane-watch:bin/mxdane-watch \
	monitor/mxdane.service:lib/systemd/system/mxdane.service \
	monitor/mxdane.timer:lib/systemd/system/mxdane.timer \
	monitor/nagios.cfg:share/mxdane/nagios.cfg \
	monitor/icinga2.conf:share/mxdane/icinga2.conf \
	monitor/prometheus-rules.yml:share/mxdane/prometheus-rules.yml

install: all
	install -D -m 755 $(BUILD)/mxdane $(DESTDIR)$(PREFIX)/bin/mxdane
	$(Q)for pair in $(INSTALLED); do \
		from=docs/$${pair%:*}; to=$(DESTDIR)$(PREFIX)/$${pair#*:}; \
		mode=644; [ ! -x $$from ] || mode=755; \
		echo "install -D -m $$mode $$from $$to"; \
		install -D -m $$mode $$from $$to && sed -i 's,/usr/local,$(PREFIX),g' $$to || exit 1; \
	done

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/mxdane \
		$(foreach pair,$(INSTALLED),$(DESTDIR)$(PREFIX)/$(lastword $(subst :, ,$(pair))))

clean:
	rm -rf build
