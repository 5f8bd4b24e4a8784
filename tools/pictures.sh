#!/usr/bin/env bash
# README's pictures: the window in a real Blender 5.2 (Debian, root), and a row of frames out of `make demo`.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/dist/pictures
mkdir -p "$out" docs
export FCVG_ENGINE_PYTHON=$PWD/.venv/bin/python FCVG_MODELS=${FCVG_MODELS:-$PWD/dist/models}
.venv/bin/python -m fcvg_engine models --download >/dev/null
tools/real_blender.sh run --factory-startup --app-template Video_Editing --enable-event-simulate \
  --window-geometry 0 0 1600 900 --python-exit-code 1 --python "$PWD/tools/pictures.py" -- "$out"
cp "$out/running.png" docs/panel.png
.venv/bin/python -m demo.contact_sheet demo/out --row docs/inbetweens.jpg
