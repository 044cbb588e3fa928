# The commands that people type. Meson builds; each target first installs what is missing, with apt.
#
#   make                            build/: the library, the errand command
#   make demo [DATABASE=postgres]   builds and runs examples/email_customers
#   make attics [DATABASE=postgres] the same of examples/attics, with its dashboard, until Ctrl-C
#   make screenshots                docs/images/, of a dashboard at work in Chromium
#   make test                       everything that CI holds; the last line says N passed, N failed
#   make bench                      the benchmarks, each beside its floor
#   make install [PREFIX=/usr/local] [DESTDIR=]
#   make deb                        build-deb/: Debian packages, checked by lintian
#   make clean                      removes what was built

PREFIX ?= /usr/local
DATABASE ?= sqlite
build := build

.PHONY: all demo attics screenshots test bench install deb clean packages
all: packages $(build)/build.ninja
	@ninja -C $(build)

packages:
	@tools/install-packages build

# Without the tests, which need more packages; a build folder that was set up by hand stays as it is.
$(build)/build.ninja:
	meson setup --prefix "$(PREFIX)" -Dtests=false $(build)

demo:
	@tools/install-packages build demo $(filter postgres,$(DATABASE))
	@$(MAKE) --no-print-directory all
	@examples/email_customers/demo $(DATABASE) $(abspath $(build))

attics:
	@tools/install-packages build demo $(filter postgres,$(DATABASE))
	@$(MAKE) --no-print-directory all
	@examples/attics/demo $(DATABASE) $(abspath $(build))

screenshots:
	@tools/install-packages build demo browser
	@$(MAKE) --no-print-directory all
	@tests/browser/run $(abspath $(build)) screenshots

test:
	@tools/install-packages build demo postgres test browser deb fresh-machine
	@tools/run-tests

bench:
	@tools/install-packages build postgres bench
	@bench/run

install: all
	@meson configure $(build) "-Dprefix=$(PREFIX)"
	@meson install -C $(build) $(if $(DESTDIR),--destdir "$$(realpath -m -- "$(DESTDIR)")")
	@$(if $(DESTDIR),,ldconfig 2>/dev/null || true)

deb:
	@tools/install-packages build deb
	@tools/build-deb build-deb

clean:
	rm -rf $(build) build-test build-bench build-deb examples/*/build
