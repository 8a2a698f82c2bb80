# Two commands do everything:
#   make repro   set up, run the smoke tier, print the leaderboard's address
#   make test    set up, check and test
# and while editing:
#   make quick   tests without networks, browser and child processes: about a minute
#   make check   lint, format, types, import layers, pipeline
#   make audit   licences and known vulnerabilities of the pinned packages
.PHONY: repro test quick check audit setup clean

repro:
	@ci/smoke

test:
	@ci/test

quick:
	@ci/quick

check:
	@ci/check

audit:
	@ci/audit

setup:
	@ci/setup

clean: ## everything generated but history/; results/ is made again by `make repro`
	rm -rf build results work data .venv
