# Two commands matter: `make demo` and `make test`. Both set up what they need.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
ENGINE := .venv/bin/python
# The engine environment is found by path, whatever Blender runs the add-on.
export FCVG_ENGINE_PYTHON ?= $(CURDIR)/$(ENGINE)

.PHONY: help setup demo test lint lock api test-engine test-blender matrix window real-install zip pictures bench clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/.ready .venv-blender/.ready ## both environments: .venv (engine, tools; no bpy), .venv-blender (bpy; no torch)

.venv/.ready: pyproject.toml tools/check_system.py
	$(PYTHON) tools/check_system.py python
	$(PYTHON) -m venv .venv
	$(ENGINE) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(ENGINE) -m pip install --quiet --disable-pip-version-check --no-deps rtmlib==0.0.16
	$(ENGINE) tools/check_system.py engine
	$(ENGINE) -m fcvg_engine models download rife gmfss
	touch $@

.venv-blender/.ready: tools/check_system.py
	$(call blender_environment,.venv-blender,4.5.15)

.venvs/bpy-%/.ready: tools/check_system.py
	$(call blender_environment,.venvs/bpy-$*,$*)

define blender_environment
	$(PYTHON) tools/check_system.py python
	$(PYTHON) -m venv $(1)
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check bpy==$(2) numpy pytest
	$(1)/bin/python tools/check_system.py blender
	touch $(1)/.ready
endef

demo: setup ## two frames of Big Buck Bunny in a real edit, the 23 between them generated; results in demo/out
	$(ENGINE) -m demo.clip demo/out
	.venv-blender/bin/python -m demo.edit demo/out
	$(ENGINE) -m demo.contact_sheet demo/out

test: setup lint test-engine test-blender ## everything that needs no root

lint: .venv/.ready ## ruff, mypy, and whether the installer's locks fit pyproject.toml
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	$(ENGINE) tools/lock.py --check

lock: .venv/.ready ## make the installer's locks anew (minutes; needs the network)
	$(ENGINE) -m pip install --quiet --disable-pip-version-check uv packaging
	$(ENGINE) tools/lock.py

api: setup ## docs/api, written from the code
	$(ENGINE) tools/api_page.py engine
	.venv-blender/bin/python tools/api_page.py blender

test-engine: .venv/.ready ## engine, protocol, client, faults, parity (no bpy)
	$(ENGINE) -m pytest --ignore=tests/blender --ignore=tests/window

test-blender: setup ## the add-on in bpy 4.5 (no torch)
	.venv-blender/bin/python -m pytest tests/blender

matrix: .venv/.ready .venvs/bpy-4.2.23/.ready .venvs/bpy-5.0.1/.ready ## the add-on in bpy 4.2 and 5.0
	.venvs/bpy-4.2.23/bin/python -m pytest tests/blender
	.venvs/bpy-5.0.1/bin/python -m pytest tests/blender

window: zip ## the zip installed into a fresh Blender 5.2 with a window (Debian, root)
	tools/window_tests.sh

real-install: zip ## the zip's own operator installs the engine from the package index, in real Blender, and makes frames with it
	.venv-blender/bin/python tests/real/install_engine.py $$(ls -t dist/fcvg_inbetween-*.zip | head -n 1)

zip: setup ## dist/fcvg_inbetween-VERSION.zip, built and validated by Blender's own tool
	tools/build_zip.sh dist

pictures: zip ## the pictures of README and docs/, from a real Blender window (Debian, root)
	tools/pictures.sh

bench: .venv/.ready ## seconds a frame and peak memory of each method
	$(ENGINE) -m benchmarks.draft

clean:
	rm -rf .venv .venvs .venv-blender dist demo/out .pytest_cache .mypy_cache .ruff_cache
