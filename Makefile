# make            build out/subo          make check        every test
# make SAN=1 ...  the same, sanitized     make lint         style and layers
# make bench      measures, as ratios     make fuzz         fuzz each reader
# make install    PREFIX, DESTDIR         make format-check clang-format
# V=1 shows whole commands
#
# Each src/ folder is one library.  needs_X is the one place that says what X
# may include; scripts/layers holds the code to it.  A test links only with
# its own library and what that needs.

PREFIX   ?= /usr/local
CFLAGS   ?= -O2 -g
OUT      ?= out$(if $(SAN),-san)
empty    :=
Q        := $(if $(V),,@)
say       = $(if $(V),,@echo '  $(1) $(2)')

# Top first, which is also the order the linker wants.
LIBS            := studio serve graph trace http smoke flow host abi engine ship cosign oci store fetch \
                   loop trust project attest bundle toolchain template directive module tree diag sign os base
needs_base      :=
needs_os        := base
needs_sign      := base
needs_diag      := base
needs_tree      := base
needs_module    := base os diag sign
needs_directive := base diag tree
needs_template  := base os
needs_toolchain := base os
needs_bundle    := base os sign diag tree directive
needs_attest    := base os tree sign module directive
needs_project   := base os diag tree sign module directive toolchain bundle attest
needs_trust     := base os diag tree sign directive bundle
needs_loop      := base os
needs_fetch     := base os loop
needs_oci       := base os tree sign loop fetch
needs_cosign    := base tree sign
needs_ship      := base os diag tree sign directive bundle trust loop fetch oci cosign
needs_store     := base os tree loop
needs_engine    := base os sign module
needs_abi       := base os module engine sign
needs_host      := base os diag tree directive loop fetch store sign module engine abi
needs_flow      := base os diag tree sign module directive bundle loop fetch store \
                   engine abi host
needs_smoke     := base os diag tree sign module directive bundle loop fetch store \
                   engine abi host flow

needs_http      := base os sign loop
needs_trace     := base os tree loop fetch
needs_graph     := base diag tree directive
needs_serve     := base os diag tree sign module directive bundle loop fetch store \
                   engine abi host flow http trace
needs_studio    := base os diag tree sign module directive bundle loop fetch store \
                   engine abi host flow http trace graph serve

VERSION  := 1.0.0-dev
ENGINE   := $(shell scripts/engine --path)
PKGS     := yaml-0.1 jansson libgit2 libcrypto zlib libuv libcurl hiredis sqlite3 \
            libpq libmariadb libsodium libutf8proc
CPPFLAGS += -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -Isrc -Icmd -include src/base/banned.h \
            -isystem $(ENGINE)/include $(shell pkg-config --cflags $(PKGS))
defs_cmd := -DSUBO_VERSION='"$(VERSION)"' -DSUBO_SOURCE='"$(CURDIR)"'
# Linked statically where Debian has archives: each shared library costs a
# start of subo about half a millisecond.  libgit2, libcurl, libpq and MySQL's
# client are opened when first used.
ARCHIVES := -lwasmtime -lwabt -lyaml -ljansson -lcrypto -lz -luv_a -lsqlite3 \
            -lhiredis -lsodium -lutf8proc -lstdc++
# An engine of one's own (WASMTIME_PREFIX) may lack what ours adds to the C API.
LDLIBS   += -Wl,-u,engine_pool_scan_pages -L$(ENGINE)/lib -Wl,-Bstatic $(ARCHIVES) -Wl,-Bdynamic -lpthread -ldl -lm
LDFLAGS  += -static-libgcc -Wl,--gc-sections -Wl,--as-needed -Wl,-z,relro,-z,now \
            -Wl,-z,pack-relative-relocs
WARN     := -Wall -Wextra -Wshadow -Wvla -Wcast-qual -Wwrite-strings -Wformat=2 -Werror
CWARN    := -Wpedantic -Wstrict-prototypes -Wmissing-prototypes
ifdef SAN
SANFLAGS := -fsanitize=$(if $(filter 1,$(SAN)),address$(empty),$(SAN)) -fno-sanitize-recover=all
ifeq ($(SAN),1)
SANFLAGS += -fsanitize=undefined
endif
CFLAGS   += $(SANFLAGS) -fno-omit-frame-pointer
LDFLAGS  += $(SANFLAGS)
CPPFLAGS := $(filter-out -D_FORTIFY_SOURCE=2,$(CPPFLAGS))
endif
CFLAGS   += -ffunction-sections -fdata-sections -fstack-protector-strong

FUZZ_DRIVER ?= $(OUT)/src/base/fuzz_main.c.o
space  := $(empty) $(empty)
colons  = $(subst $(space),:,$(strip $(1)))
SRCS  := $(wildcard cmd/*.c src/*/*.c src/*/*.cc)
OBJS  := $(SRCS:%=$(OUT)/%.o)
PARTS := $(filter-out %_test.c %_fuzz.c %_bench.c %_main.c,$(filter src/%,$(SRCS)))
TESTS := $(patsubst %.c,$(OUT)/%,$(filter %_test.c,$(SRCS)))
FUZZ  := $(patsubst %.c,$(OUT)/%,$(filter %_fuzz.c,$(SRCS)))
BENCH := $(patsubst %.c,$(OUT)/%,$(filter %_bench.c,$(SRCS)))
CMDS  := $(filter-out %_test.c,$(filter cmd/%.c,$(SRCS)))

# Archives of a library and of all it needs, top first.
closure = $(foreach l,$(LIBS),$(if $(filter $(l),$(1) $(needs_$(1))),$(OUT)/lib$(l).a))

all: $(OUT)/subo

$(OUT)/subo: $(CMDS:%=$(OUT)/%.o) $(LIBS:%=$(OUT)/lib%.a)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

define library
$(OUT)/lib$(1).a: $(patsubst %,$(OUT)/%.o,$(filter src/$(1)/%,$(PARTS)))
	@rm -f $$@ && $(AR) rcs $$@ $$^
$(OUT)/src/$(1)/%_test: $(OUT)/src/$(1)/%_test.c.o $(call closure,$(1))
	$(Q)$(CC) $(LDFLAGS) -o $$@ $$^ $(LDLIBS) -lcmocka
$(OUT)/src/$(1)/%_bench: $(OUT)/src/$(1)/%_bench.c.o $(call closure,$(1))
	$(Q)$(CC) $(LDFLAGS) -o $$@ $$^ $(LDLIBS)
$(OUT)/src/$(1)/%_fuzz: $(OUT)/src/$(1)/%_fuzz.c.o $(FUZZ_DRIVER) $(call closure,$(1))
	$(Q)$(CC) $(LDFLAGS) -o $$@ $$^ $(LDLIBS)
endef
$(foreach l,$(LIBS),$(eval $(call library,$(l))))

# The headers of the engine come from its build.
ENGINE_LIB := $(ENGINE)/lib/libwasmtime.a
ifeq ($(wildcard $(ENGINE_LIB)),)
$(OBJS): | engine
endif
engine:
	scripts/engine

$(OUT)/cmd/%.c.o: cmd/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -std=c11 $(CPPFLAGS) $(defs_cmd) $(WARN) $(CWARN) $(CFLAGS) -MMD -MP -c -o $@ $<
$(OUT)/%.c.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -std=c11 $(CPPFLAGS) $(WARN) $(CWARN) $(CFLAGS) -MMD -MP -c -o $@ $<
$(OUT)/%.cc.o: %.cc Makefile
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) -std=c++17 $(CPPFLAGS) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<

# Its parts are laid into it by the assembler.
$(OUT)/src/studio/page.c.o: $(wildcard src/studio/page/*)

check: $(OUT)/subo $(TESTS) $(FUZZ)
	scripts/check $(OUT)
bench: $(OUT)/subo $(BENCH)
	scripts/bench $(OUT)
fuzz:
	scripts/fuzz
lint:
	SUBO=$(OUT)/subo scripts/lint cmd=$(call colons,$(LIBS)) $(foreach l,$(LIBS),$(l)=$(call colons,$(needs_$(l))))
format-check:
	scripts/format check
install: all
	scripts/install $(OUT) $(DESTDIR)$(PREFIX)
clean:
	rm -rf out out-san

.PHONY: all check bench fuzz lint format-check install clean engine
.SECONDARY:
-include $(OBJS:.o=.d)
