#!/bin/sh
# Installs Plate Edge as a service on Raspberry Pi OS and Debian, bookworm and trixie. docs/start/raspberry-pi.md says more.
set -eu

usage() {
    cat <<'TEXT'
usage: sudo ./install.sh [options]

Makes a virtual environment, a user with access to cameras, settings and a service, and starts it.
Run again, it updates the program and leaves the settings as they are.

  --camera ADDRESS   0, csi:0, rtsp://..., http://...; goes into new settings (default: a simulated drive)
  --from PATH        a wheel or a checkout to install (default: the folder of this script)
  --prefix DIR       where the virtual environment lies (default: /opt/plate-edge)
  --no-start         install, and start nothing
  --dry-run          say what would be done
  --uninstall        remove service, user and virtual environment; settings and what was read stay
TEXT
}

say() { printf 'install.sh: %s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit "${code:-4}"; }
run() { if [ "$dry" ]; then printf '  %s\n' "$*"; else "$@"; fi; }
running_systemd() { [ -d "$root/run/systemd/system" ]; }

camera='' start=yes dry='' uninstall='' prefix=/opt/plate-edge
from=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# PLATE_EDGE_ROOT stands in for / where tests look at what is installed.
root=${PLATE_EDGE_ROOT:-} user=plate-edge
unit=$root/etc/systemd/system/plate-infer.service settings=$root/etc/plate-edge/plate-infer.toml

while [ $# -gt 0 ]; do
    case $1 in
        --camera|--from|--prefix)
            [ $# -ge 2 ] || { code=2; fail "$1 needs a value; try ./install.sh --help"; }
            case $1 in --camera) camera=$2 ;; --from) from=$2 ;; --prefix) prefix=$2 ;; esac
            shift 2 ;;
        --no-start) start=''; shift ;;
        --dry-run) dry=yes; shift ;;
        --uninstall) uninstall=yes; shift ;;
        -h|--help) usage; exit 0 ;;
        *) code=2; fail "$1 is no option; try ./install.sh --help" ;;
    esac
done
# Every argument ends up in a file that has rules of its own: what has a meaning there is refused rather than quoted.
one_line() { [ "$(printf '%s' "$2" | tr -d '[:cntrl:]')" = "$2" ] || { code=2; fail "$1 holds a line break or another control character"; }; }
one_line --camera "$camera"; one_line --from "$from"; one_line --prefix "$prefix"
case $camera in *\"*|*\\*) code=2; fail "a quote or a backslash in the camera's address has to be written as %22 or %5C" ;; esac
case $prefix in
    /*) ;;
    *) code=2; fail "--prefix has to be a whole path, from / on" ;;
esac
case $prefix in
    /|*/../*|*/..|*[!A-Za-z0-9/._-]*) code=2; fail "--prefix goes into the unit of systemd; use letters, digits, / . _ and - for it" ;;
esac
case $from in *\;*) code=2; fail "--from: pip takes what stands after ; for a condition; give the folder another name" ;; esac
[ -e "$from" ] || { code=2; fail "--from: there is nothing at $from"; }
from=$(CDPATH='' cd -- "$(dirname -- "$from")" && pwd)/$(basename -- "$from")
python=$prefix/venv/bin/python

# The three variables stand in for another machine, so that --dry-run can say what would happen there.
check() {
    [ "$dry" ] || [ "$(id -u)" = 0 ] || fail "this changes the system; run it as sudo ./install.sh"
    machine=${PLATE_EDGE_MACHINE:-$(uname -m)}
    architecture=${PLATE_EDGE_ARCHITECTURE:-$(dpkg --print-architecture 2>/dev/null || echo none)}
    case $machine in
        armv6*) fail "no interpreter exists for ARMv6 (Pi 1, Pi Zero); use a Pi Zero 2 W or newer" ;;
    esac
    case $architecture in
        amd64|arm64|armhf) ;;
        none) fail "this is no Debian or Raspberry Pi OS; see docs/start/raspberry-pi.md for what to do by hand" ;;
        *) fail "nothing is known of $architecture; arm64, armhf and amd64 are supported" ;;
    esac
    version=${PLATE_EDGE_PYTHON:-}
    [ "$version" ] || version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo none)
    if [ "$architecture" = armhf ] && [ "$version" != 3.11 ] && [ "$version" != none ]; then
        fail "32-bit needs Python 3.11 (bookworm), and this is $version; use the 64-bit system"
    fi
}

packages() {
    wanted='python3-venv'
    site=''
    # Wheels for 32-bit ARM exist of the interpreter alone: numpy, Pillow and OpenCV are Debian's.
    [ "$architecture" = armhf ] && wanted="$wanted python3-numpy python3-pil python3-opencv" site=yes
    case $camera in csi:*) wanted="$wanted python3-picamera2" site=yes ;; esac
    run apt-get update -q
    # shellcheck disable=SC2086
    run env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $wanted
}

environment() {
    run mkdir -p "$prefix"
    run python3 -m venv ${site:+--system-site-packages} "$prefix/venv"
    if [ "$architecture" = armhf ]; then
        run "$python" -m pip install -q --no-deps 'tflite-runtime>=2.14' 'paho-mqtt>=2.0' "$from"
    elif [ "$site" ] && [ "$version" = 3.11 ]; then
        # Debian's picamera2 is built for its numpy, which is older than 2.
        run "$python" -m pip install -q "$from[camera,mqtt]" 'numpy<2'
    else
        run "$python" -m pip install -q "$from[camera,mqtt]"
    fi
}

account() {
    getent passwd "$user" >/dev/null && return
    run useradd --system --home-dir /var/lib/plate-edge --no-create-home --shell /usr/sbin/nologin "$user"
}

configuration() {
    run install -d -m 0750 -o root -g "$user" "$root/etc/plate-edge"
    run install -d -m 0750 -o "$user" -g "$user" "$root/var/lib/plate-edge"
    [ "$dry" ] && { say "would write $settings (unless it is there) and $unit"; return; }
    parts=$("$python" -c 'import plate_devices.service as s; print(s.__path__[0])')
    if [ ! -e "$settings" ]; then
        install -m 0640 -o root -g "$user" "$parts/plate-infer.toml" "$settings"
        # Not by sed: an address may hold any character.
        [ -z "$camera" ] || "$python" -c 'import pathlib, re, sys
path, camera = pathlib.Path(sys.argv[1]), sys.argv[2]
line = "address = \"" + camera + "\""
path.write_text(re.sub(r"(?m)^address = \"demo[^#\n]*", lambda _: line + "  ", path.read_text(), count=1))' "$settings" "$camera"
    elif [ "$camera" ]; then
        say "$settings is there and stays as it is; set the camera in it"
    fi
    sed "s|@VENV@|$prefix/venv|" "$parts/plate-infer.service" >"$unit"
    for command in plate-infer plate-doctor plate-eval; do
        ln -sf "$prefix/venv/bin/$command" "$root/usr/local/bin/$command"
    done
}

service() {
    if ! running_systemd; then
        say "systemd does not run here; the service starts with the machine"
        run ln -sf "$unit" "$root/etc/systemd/system/multi-user.target.wants/plate-infer.service"
        return
    fi
    run systemctl daemon-reload
    run systemctl enable plate-infer
    [ -z "$start" ] || run systemctl restart plate-infer
}

remove() {
    if running_systemd; then run systemctl disable --now plate-infer || true; fi
    run rm -f "$unit" "$root/etc/systemd/system/multi-user.target.wants/plate-infer.service"
    for command in plate-infer plate-doctor plate-eval; do run rm -f "$root/usr/local/bin/$command"; done
    run rm -rf "$prefix"
    if getent passwd "$user" >/dev/null; then run userdel "$user"; fi
    if running_systemd; then run systemctl daemon-reload; fi
    say "removed; /etc/plate-edge and /var/lib/plate-edge are still there"
}

check
if [ "$uninstall" ]; then remove; exit 0; fi
packages
environment
account
configuration
service
say "done. Settings: $settings. What happens: journalctl -fu plate-infer. What may be wrong: sudo plate-doctor --config $settings"
