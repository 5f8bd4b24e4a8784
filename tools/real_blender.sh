#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Blender 5.2 LTS with a real window on a virtual screen, for any Debian machine (root needed).
#
#   tools/real_blender.sh install              build the root folder once (about two minutes)
#   tools/real_blender.sh run   ARGS…          blender ARGS… inside it, on a virtual screen
#   tools/real_blender.sh bare  ARGS…          blender ARGS… inside it, without a screen
#   tools/real_blender.sh exec  COMMAND…       any command inside it
#
# The project, its engine environment and the Python behind that environment are bind-mounted at the
# same paths, so that the add-on in this Blender finds the engine as it would on an artist's machine.
set -euo pipefail

PROJECT=$(cd "$(dirname "$0")/.." && pwd)
ROOT=${FCVG_BLENDER_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/fcvg-blender/debian-sid}
STAMP=$ROOT/.fcvg-ready
PACKAGES=(blender blender-data xvfb xauth libegl1 libgl1-mesa-dri python3-cattr python3-requests
          python3-numpy python3-pytest imagemagick fonts-dejavu-core)

mount_once() { # SOURCE TARGET
  mkdir -p "$2"
  mountpoint -q "$2" || mount --bind "$1" "$2"
}

mount_system() {
  mountpoint -q "$ROOT/proc" || mount -t proc proc "$ROOT/proc"
  mountpoint -q "$ROOT/sys" || mount --rbind /sys "$ROOT/sys"
  mountpoint -q "$ROOT/dev" || mount --rbind /dev "$ROOT/dev"
}

install_root() {
  [ "$(cat "$STAMP" 2>/dev/null)" != "${PACKAGES[*]}" ] || return 0
  if ! command -v debootstrap >/dev/null; then
    "${PYTHON:-python3}" "$PROJECT/tools/check_system.py" programs apt-get
    apt-get update -q && apt-get install -qy debootstrap
  fi
  if [ -e "$ROOT/usr/bin/apt-get" ]; then echo "going on with $ROOT"; else
    mkdir -p "$ROOT"
    debootstrap --variant=minbase sid "$ROOT"
  fi
  echo 'Acquire::Check-Valid-Until "false";' >"$ROOT/etc/apt/apt.conf.d/99fcvg"
  mount_system
  for file in /etc/resolv.conf /etc/hosts; do cp -L "$file" "$ROOT$file"; done
  DEBIAN_FRONTEND=noninteractive chroot "$ROOT" apt-get update -q
  DEBIAN_FRONTEND=noninteractive chroot "$ROOT" apt-get install -qy --no-install-recommends "${PACKAGES[@]}"
  chroot "$ROOT" blender --version | head -n 1
  echo "${PACKAGES[*]}" >"$STAMP"
}

enter() { # COMMAND…
  mount_system
  mount_once "$PROJECT" "$ROOT$PROJECT"
  local python_home
  python_home=$("$PROJECT/.venv/bin/python" -c 'import sys; print(sys.base_prefix)')
  [ "$python_home" = /usr ] || mount_once "$python_home" "$ROOT$python_home"
  # A tests' scratch folder outside the project is shared the same way.
  [ -z "${FCVG_SHARE:-}" ] || mount_once "$FCVG_SHARE" "$ROOT$FCVG_SHARE"
  chroot "$ROOT" /usr/bin/env LIBGL_ALWAYS_SOFTWARE=1 LANG=C.UTF-8 "$@"
}

# In a mount namespace of its own: the mounts are gone when this ends, and nothing that is removed below ROOT can ever
# reach the project through them.
if [ -z "${FCVG_MOUNTS_ARE_OURS:-}" ]; then
  FCVG_MOUNTS_ARE_OURS=1 exec unshare --mount "$0" "$@"
fi

verb=${1:-}; shift || true
case "$verb" in
  install) install_root ;;
  run) install_root; enter xvfb-run -a -s "-screen 0 1600x900x24" blender "$@" ;;
  bare) install_root; enter blender "$@" ;;
  exec) install_root; enter "$@" ;;
  *) sed -n '2,11p' "$0" >&2; exit 2 ;;
esac
