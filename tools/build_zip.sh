#!/usr/bin/env bash
# Builds and validates the extension with Blender's own tool.
#
#   tools/build_zip.sh OUT_DIR        BLENDER=/path/to/blender picks a Blender; without it, the bpy wheel's copy of
#                                     the same tool is used, so that no Blender needs to be installed.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mkdir -p "$1" && cd "$1" && pwd)

if [ -n "${BLENDER:-}" ]; then
  extension=("$BLENDER" --command extension)
else
  tool=$(echo .venv-blender/lib/python3*/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py)
  extension=(.venv-blender/bin/python "$tool")
fi

version=$(sed -n 's/^version = "\(.*\)"/\1/p' blender_manifest.toml)
zip=$out/fcvg_inbetween-$version.zip
rm -f "$zip"
"${extension[@]}" validate .
"${extension[@]}" build --source-dir . --output-dir "$out"
"${extension[@]}" validate "$zip"
echo "$zip: $(stat -c %s "$zip") bytes"
