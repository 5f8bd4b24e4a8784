# Two commands matter: `make demo` and `make test`. Both set up what they need. Without make (on Windows, say) the same
# targets are `python tools/dev.py demo` and so on. ARGS goes to what a target starts: make bench ARGS="--count 5".

PYTHON ?= $(shell command -v python3.11 || command -v python3)
TARGETS := help setup demo test lint tool lock api test-engine test-blender matrix window real-install zip repository pictures bench clean

.PHONY: $(TARGETS)

$(TARGETS):
	@$(PYTHON) tools/dev.py $@ $(ARGS)
