#!/usr/bin/env bash
# README's pictures: the window in a real Blender 5.2 (Debian, root), a row of frames out of `make demo`, matched lines.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/dist/pictures
mkdir -p "$out" docs
export FCVG_ENGINE_PYTHON=$PWD/.venv/bin/python FCVG_MODELS=${FCVG_MODELS:-$PWD/dist/models}
.venv/bin/python -m fcvg_engine models download rife gmfss >/dev/null
rm -rf "$out/profile" && mkdir -p "$out/profile"
export BLENDER_USER_RESOURCES=$out/profile
tools/real_blender.sh bare --command extension install-file --repo user_default --enable "$(ls -t "$PWD"/dist/fcvg_inbetween-*.zip | head -n 1)"
tools/real_blender.sh run --app-template Video_Editing --enable-event-simulate \
  --window-geometry 0 0 1600 900 --python-exit-code 1 --python "$PWD/tools/pictures.py" -- "$out"
cp "$out/running.png" docs/panel.png
ffmpeg -loglevel error -y -i "$out/models.png" -vf crop=1600:360:0:252 docs/models.png
.venv/bin/python -m demo.contact_sheet demo/out --row docs/inbetweens.jpg
.venv/bin/python -m fcvg_engine conditions tests/cartoons/street/start.png tests/cartoons/street/end.png \
  --count 7 --pose none --out "$out/conditions"
ffmpeg -loglevel error -y -i "$out/conditions/overview.png" -vf scale=1400:-1:flags=area -q:v 3 docs/conditions.jpg
