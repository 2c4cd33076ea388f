#!/usr/bin/env bash
# Build OCI images for amd64 and arm64: Debian, unpacked, with the project's wheel and the extras camera and mqtt.
# No daemon, no emulation; needs root, and apt's mmdebstrap and umoci. A Python on PATH (or PYTHON) builds the wheel.
#
#   containers/build.sh [FOLDER]     ->  FOLDER/plate-edge, an OCI layout with the tags amd64 and arm64
set -euo pipefail

release=trixie
python=3.13
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(realpath -m "${1:-$here/.cache/image}")
builder=${PYTHON:-python3}
mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -1)}
system=python3,libgomp1,libstdc++6,ca-certificates,netbase,tzdata
tool_arm64=aarch64
tool_amd64=x86_64

unpack_debian() {  # ARCHITECTURE ROOT
    mmdebstrap --quiet --mode=root --variant=extract --skip=check/qemu --skip=output/dev --architectures="$1" \
        --include="$system" --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$release" "$2" "$mirror"
    # What configuring the packages would have done, as far as this program needs it.
    for name in bin lib sbin lib64; do
        [ -e "$2/$name" ] || [ ! -d "$2/usr/$name" ] || ln -s "usr/$name" "$2/$name"
    done
    cat "$2"/usr/share/ca-certificates/mozilla/*.crt > "$2/etc/ssl/certs/ca-certificates.crt"
    printf 'root:x:0:0:root:/root:/usr/sbin/nologin\nplate-edge:x:10001:10001::/var/lib/plate-edge:/usr/sbin/nologin\n' > "$2/etc/passwd"
    printf 'root:x:0:\nvideo:x:44:\nplate-edge:x:10001:\n' > "$2/etc/group"
    printf 'hosts: files dns\npasswd: files\ngroup: files\n' > "$2/etc/nsswitch.conf"
    mkdir -p "$2/usr/local/bin"
    rm -rf "$2"/usr/share/man "$2"/usr/share/locale "$2"/usr/share/i18n "$2"/var/lib/apt "$2"/var/cache/*
    install -d -o 10001 -g 10001 "$2/var/lib/plate-edge"
}

install_wheel() {  # ARCHITECTURE ROOT WHEEL
    local tool=tool_$1 to=$2/usr/local/lib/python$python/dist-packages platform=()
    for tag in manylinux_2_39 manylinux_2_34 manylinux_2_31 manylinux_2_28 manylinux_2_27 manylinux2014 manylinux_2_17; do
        platform+=(--platform "${tag}_${!tool}")
    done
    "$builder" -m pip install --quiet --disable-pip-version-check --no-compile --target "$to" --python-version "$python" \
        --implementation cp --only-binary=:all: "${platform[@]}" "$3[camera,mqtt]"
    for program in plate-infer plate-eval plate-doctor; do
        sed '1s|.*|#!/usr/bin/python3|' "$to/bin/$program" > "$2/usr/local/bin/$program"
        chmod 755 "$2/usr/local/bin/$program"
    done
    rm -rf "$to/bin"
}

compile() {  # ROOT; bytecode is the same on both architectures, so the one that runs here makes it
    local own=$folder/amd64
    PYTHONHOME=$own/usr PYTHONDONTWRITEBYTECODE=1 \
        "$own/lib64/ld-linux-x86-64.so.2" --library-path "$own/usr/lib/x86_64-linux-gnu" "$own/usr/bin/python$python" \
        -m compileall -q -s "$1" -p / "$1/usr/lib/python$python" "$1/usr/local/lib/python$python/dist-packages"
}

pack() {  # ARCHITECTURE ROOT VERSION
    local image=$folder/plate-edge:$1 bundle=$folder/bundle-$1
    umoci new --image "$image"
    umoci unpack --image "$image" "$bundle"
    rmdir "$bundle/rootfs"
    mv "$2" "$bundle/rootfs"
    umoci repack --image "$image" --no-history "$bundle"
    umoci config --image "$image" --architecture "$1" --os linux --no-history --config.user 10001:10001 \
        --config.env PATH=/usr/local/bin:/usr/bin:/bin --config.env LANG=C.UTF-8 --config.env HOME=/var/lib/plate-edge \
        --config.env OPENBLAS_NUM_THREADS=1 --config.env MALLOC_ARENA_MAX=2 \
        --config.env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt --config.workingdir /var/lib/plate-edge \
        --config.volume /var/lib/plate-edge --config.entrypoint plate-infer --config.cmd --help \
        --config.label org.opencontainers.image.title=plate-edge --config.label "org.opencontainers.image.version=$3" \
        --config.label org.opencontainers.image.licenses=Apache-2.0
    umoci gc --layout "$folder/plate-edge"
}

rm -rf "$folder"
mkdir -p "$folder/wheel"
"$builder" -m build --wheel --outdir "$folder/wheel" "$here" > "$folder/wheel.log"
wheel=$(echo "$folder"/wheel/*.whl)
version=$(basename "$wheel" | cut -d- -f2)
umoci init --layout "$folder/plate-edge"
for architecture in amd64 arm64; do
    echo "unpacking Debian $release and the wheel for $architecture" >&2
    unpack_debian "$architecture" "$folder/$architecture"
    install_wheel "$architecture" "$folder/$architecture" "$wheel"
done
for architecture in arm64 amd64; do  # amd64 last: its Python compiles for both
    echo "packing $architecture" >&2
    compile "$folder/$architecture"
    pack "$architecture" "$folder/$architecture" "$version"
done
umoci list --layout "$folder/plate-edge"
