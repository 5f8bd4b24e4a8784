#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The zip in a fresh profile of a real Blender 5.2 with a window: installed, enabled, clicked (Debian, root).
# Screenshots and figures go to dist/window.
set -euo pipefail
cd "$(dirname "$0")/.."
project=$PWD
out=$project/dist/window
zip=$(ls -t dist/fcvg_inbetween-*.zip | head -n 1)

rm -rf "$out" && mkdir -p "$out/profile"
export BLENDER_USER_RESOURCES=$out/profile
export FCVG_ENGINE_PYTHON=$project/.venv/bin/python
export FCVG_MODELS=${FCVG_MODELS:-$project/dist/models}

tools/real_blender.sh install
.venv/bin/python -m fcvg_engine models download rife gmfss
tools/real_blender.sh bare --command extension install-file --repo user_default --enable "$project/$zip"

echo "-- the add-on's own tests in this Blender"
tools/real_blender.sh bare --background --factory-startup --python-exit-code 1 --python-expr "
import os, sys
os.chdir('$project'); sys.path.insert(0, '$project')
import pytest
sys.exit(pytest.main(['-p', 'no:cacheprovider']))"

passed=0 failed=0
for test in $(.venv/bin/python tests/runs_in.py window); do
  name=$(basename "$test" .py)
  mkdir -p "$out/$name"
  echo "-- $name"
  profile=$out/profile
  if grep -q '^FRESH_PROFILE = True' "$test"; then profile=$out/$name/profile && mkdir "$profile"; fi
  if BLENDER_USER_RESOURCES=$profile timeout 400 tools/real_blender.sh run --app-template Video_Editing --enable-event-simulate \
      --window-geometry 0 0 1600 900 --python-exit-code 1 --python "$project/$test" -- "$out/$name" >"$out/$name/log" 2>&1
  then passed=$((passed + 1)); grep -E '^[a-z_]+: \{' "$out/$name/log" || true
  else failed=$((failed + 1)); tail -n 40 "$out/$name/log"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
