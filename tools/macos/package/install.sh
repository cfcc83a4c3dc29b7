#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs berth from this folder on a Mac:
#
#   ./install.sh [PREFIX]      default: /usr/local if you may write there, else ~/.local
#
# Copies bin, libexec and share; clears the mark that a browser put on the download; signs the program on this
# Mac, ad hoc, with the entitlements that Apple's frameworks ask for (no account is needed); says how podman and
# others are pointed at it. Nothing that was there before is removed but older files of the same names.
set -eu
from=$(cd "$(dirname "$0")" && pwd)

fail() {
    echo "install: $1" >&2
    exit 1
}

[ "$(uname -s)" = Darwin ] || fail "this is for macOS; on Linux build berth with 'make'"
version=$(sw_vers -productVersion)
[ "${version%%.*}" -ge 13 ] || fail "macOS $version is too old: berth needs 13 or later"

default_prefix() {
    if [ -w /usr/local/bin ] && [ -w /usr/local/libexec ]; then
        echo /usr/local
    else
        echo "$HOME/.local"
    fi
}
prefix=${1:-$(default_prefix)}
mkdir -p "$prefix/bin" "$prefix/libexec/berth" "$prefix/share" || fail "cannot write to $prefix; name another PREFIX"

# A program that is running keeps its own file: the new one takes the name in one step.
cp "$from/bin/berth" "$prefix/bin/berth.new"
chmod 755 "$prefix/bin/berth.new"
xattr -d com.apple.quarantine "$prefix/bin/berth.new" 2>/dev/null || true
codesign --force --sign - --identifier berth --entitlements "$from/share/berth/berth.entitlements" "$prefix/bin/berth.new" ||
    fail "codesign failed; without its entitlements berth cannot use Apple's frameworks"
mv -f "$prefix/bin/berth.new" "$prefix/bin/berth"
for name in vfkit krunkit; do
    ln -f "$prefix/bin/berth" "$prefix/libexec/berth/$name"
done
cp -R "$from/share/." "$prefix/share/"

"$prefix/bin/berth" --version || fail "the program does not start; please report this with the output of: codesign -dvvv $prefix/bin/berth"
cat <<END

Installed in $prefix. 'berth doctor' says what this Mac can run.

berth answers to the names of the tools that it stands in for, in
$prefix/libexec/berth. To have it used:

  podman     in ~/.config/containers/containers.conf, ours first, then podman's own places:
                 [engine]
                 helper_binaries_dir = ["$prefix/libexec/berth",
                     "/opt/homebrew/opt/podman/libexec/podman", "/opt/homebrew/bin",
                     "/usr/local/opt/podman/libexec/podman", "/usr/local/bin", "/opt/podman/bin"]
             podman then takes our vfkit (provider applehv) and krunkit (libkrun); gvproxy stays podman's
  minikube   export PATH="$prefix/libexec/berth:\$PATH"; minikube start --driver vfkit (or krunkit)
  lima       export PATH="$prefix/libexec/berth:\$PATH"; limactl start --vm-type krunkit
  crc        brings a vfkit of its own (~/.crc/bin/vfkit, or beside crc): put a link to ours in its place

To go back, undo the same step. To remove berth:
  rm -r "$prefix/bin/berth" "$prefix/libexec/berth" "$prefix/share/berth" "$prefix/share/doc/berth"
END
