#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The pictures of README and docs/: windows of a real Blender 5.2 (Debian, root), frames that the engine has made.
# Scripts: tools/pictures, one for each page. What they leave on the way goes to dist/pictures.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/python tools/check_system.py programs ffmpeg
work=$PWD/dist/pictures
rm -rf "$work" && mkdir -p "$work/profile"
export FCVG_ENGINE_PYTHON=$PWD/.venv/bin/python FCVG_MODELS=${FCVG_MODELS:-$PWD/dist/models}
export BLENDER_USER_RESOURCES=$work/profile
[ -d demo/out/true ] || make demo
.venv/bin/python -m fcvg_engine models download rife gmfss >/dev/null
tools/real_blender.sh bare --command extension install-file --repo user_default --enable "$(ls -t "$PWD"/dist/fcvg_inbetween-*.zip | head -n 1)"

take() { # PAGE WIDTH HEIGHT of the window
  echo "-- $1"
  tools/real_blender.sh run --app-template Video_Editing --enable-event-simulate --window-geometry 0 0 "$2" "$3" \
    --python-exit-code 1 --python "$PWD/tools/pictures/$1.py" -- "$work/$1" >"$work/$1.log" 2>&1 || { tail -n 20 "$work/$1.log"; exit 1; }
}

.venv/bin/python tools/pictures/panels.py "$work"
.venv-blender/bin/python tools/pictures/shot.py "$work/shot" >"$work/shot.log" 2>&1
take readme 1600 900
take first_inbetween 960 680
take storyboard 960 700
take keys_3d 960 780
take timing_charts 960 760
take which_method 960 760
take troubleshooting 960 760
take takes 960 760
.venv/bin/python tools/pictures/finish.py "$work" docs
.venv/bin/python tools/pictures/frames.py "$work" docs

.venv/bin/python -m demo.contact_sheet demo/out --row docs/inbetweens.jpg
.venv/bin/python -m fcvg_engine conditions tests/cartoons/street/start.png tests/cartoons/street/end.png \
  --count 7 --pose none --out "$work/conditions"
ffmpeg -loglevel error -y -i "$work/conditions/overview.png" -vf scale=1400:-1:flags=area -q:v 3 docs/conditions.jpg
