# Two commands do everything:
#   make repro   set up, run the smoke tier, open the printed page
#   make test    set up, check and test
.PHONY: repro test check setup clean

repro:
	@ci/smoke

test:
	@ci/test

check:
	@ci/check

setup:
	@ci/setup

clean: ## everything generated; results/ is made again by `make repro`
	rm -rf build results work data .venv
