# Two commands do everything: `make run` and `make test`. Both install what they need as root on
# Debian 12, and otherwise say which command to run.

PORT ?= 8080
DEMO ?= data-demo
export LIUHEN_FONTS ?= $(CURDIR)/.fonts
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)

.PHONY: run test build bench soak screenshots assets fonts install-run install-test lint

## Builds, makes a demonstration bureau if there is none, and serves it on 127.0.0.1:$(PORT).
run: install-run assets fonts
	cargo build -p cli
	@[ -e "$(DEMO)/demonstration-accounts.tsv" ] || { rm -rf "$(DEMO)" "$(DEMO).head" "$(DEMO).keys"; "$(TARGET)/debug/liuhen" demo --data "$(DEMO)"; }
	"$(TARGET)/debug/liuhen" serve --data "$(DEMO)" --listen 127.0.0.1:$(PORT)

## Every test: unit, article, story and browser, on SQLite and PostgreSQL.
test: install-test assets fonts
	LIUHEN_REQUIRE_POSTGRES=1 scripts/with-postgres cargo test --workspace
	cargo build -p cli -p tests --bins
	cargo run -p server --example gallery -- "$(TARGET)/gallery"
	cd tests/browser && LIUHEN_GALLERY="$(TARGET)/gallery" npm run --silent islands
	scripts/browser-tests "$(TARGET)/debug/liuhen"

## The release binary, target/release/liuhen.
build: install-run assets fonts
	cargo build --release -p cli

## The figures, each beside a peer or a limit of the same run.
bench: install-test assets fonts
	scripts/with-postgres cargo run --release -p benches

## The long fault campaigns.
soak: install-test assets fonts
	LIUHEN_SOAK=1 scripts/with-postgres cargo test --release -p cli --test kill -- --nocapture

## The two pictures of the README.
screenshots: install-test assets fonts
	cargo build -p cli
	LIUHEN_PICTURES=docs/pictures scripts/browser-tests "$(TARGET)/debug/liuhen" screenshots

## What the browser gets: one style sheet, one script, one set of icons.
assets: crates/server/assets/built/app.js

crates/server/assets/built/app.js: crates/server/package-lock.json $(shell find crates/server/assets -path '*/built' -prune -o -type f -print)
	cd crates/server && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && npm run --silent build
	@touch $@

fonts:
	@scripts/fonts .fonts

install-run:
	@scripts/install run

install-test:
	@scripts/install test

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
