#!/bin/sh
# Puts promtool into a folder for `make test`: the machine's, else that of Debian's package, which
# is unpacked there and not installed.  Where neither can be had it says so; the test is skipped.
set -u
folder=$1
[ -x "$folder/promtool" ] && exit 0
mkdir -p "$folder"
if found=$(command -v promtool); then
  ln -s "$found" "$folder/promtool"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
download() {
  (cd "$work" && timeout 60 apt-get -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=10 \
    -o APT::Sandbox::User=root download prometheus) >/dev/null 2>&1
}
refresh() {
  [ "$(id -u)" = 0 ] && timeout 60 apt-get -qq -o Acquire::Retries=0 \
    -o Acquire::http::Timeout=10 update >/dev/null 2>&1
}
if command -v apt-get >/dev/null && { download || { refresh && download; }; } &&
  dpkg-deb --extract "$work"/prometheus_*.deb "$work/tree"; then
  mv "$work/tree/usr/bin/promtool" "$folder/promtool"
else
  echo "promtool: neither on this machine nor from its packages; alert rules are not checked by it" >&2
fi
