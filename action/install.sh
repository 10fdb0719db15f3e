#!/usr/bin/env bash
# Finds, downloads or builds the program, and tells the next steps where it is. The inputs come as INPUT_*.
set -euo pipefail
action=$(cd "$(dirname "$0")/.." && pwd)

fail() {
  echo "::error title=portcullis::$*"
  exit 2
}

# Where this version's rules are documented, for the links in what is posted. An action that calls this one may stand in
# the expressions in our place: only the folder of the action tells. Whoever sets the variable, even to nothing, decides.
documentation() {
  local place="${ACTION_REPOSITORY:-}/${ACTION_REF:-}"
  [[ $action == */_actions/"$place" && $place =~ ^[A-Za-z0-9._/@+-]+$ ]] || return 0
  [ -n "${PORTCULLIS_DOCS+set}" ] ||
    echo "PORTCULLIS_DOCS=${GITHUB_SERVER_URL:-https://github.com}/$ACTION_REPOSITORY/blob/$ACTION_REF/docs"
}

found() {
  local told
  told=$("$1" --version 2> /dev/null | head -n 1) || fail "$1 cannot be run"
  echo "$told"
  {
    echo "binary=$1"
    echo "version=${told##* }"
  } >> "$GITHUB_OUTPUT"
  dirname "$1" >> "${GITHUB_PATH:-/dev/null}"
  documentation >> "${GITHUB_ENV:-/dev/null}"
  exit 0
}

if [ -n "${INPUT_BINARY:-}" ]; then
  binary=$(command -v "$INPUT_BINARY") || fail "there is no program at the input 'binary'"
  found "$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")"
fi

if [ "${INPUT_BUILD:-false}" = true ]; then
  cargo install --quiet --locked --path "$action" --root "$RUNNER_TEMP/portcullis" >&2
  found "$RUNNER_TEMP/portcullis/bin/portcullis"
fi

version=${INPUT_VERSION:-$(sed -n 's/^version = "\(.*\)"$/\1/p' "$action/Cargo.toml" | head -n 1)}
version=${version#v}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+[-.0-9A-Za-z]*$ ]] || fail "the input 'version' is no version such as 0.1.0"
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) target=x86_64-unknown-linux-musl ;;
  Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-musl ;;
  Darwin-arm64) target=aarch64-apple-darwin ;;
  Darwin-x86_64) target=x86_64-apple-darwin ;;
  *) fail "there is no release for $(uname -s) on $(uname -m); set the input 'binary' or 'build'" ;;
esac
archive="portcullis-$version-$target.tar.gz"

# The checksum comes with the action or from the workflow, never from where the archive is.
sum=${INPUT_SHA256:-$(sed -n "s/^\([0-9a-f]\{64\}\)  $archive\$/\1/p" "$action/action/checksums.txt")}
[[ $sum =~ ^[0-9a-f]{64}$ ]] ||
  fail "no checksum of $archive is known: set 'sha256', or use a portcullis at hand with 'binary', or 'build: true'"

from=${INPUT_MIRROR:-${GITHUB_SERVER_URL:-https://github.com}/${ACTION_REPOSITORY:-}/releases/download}
folder="$RUNNER_TEMP/portcullis"
mkdir -p "$folder"
curl --fail --silent --show-error --location --retry 3 --max-time 120 \
  --output "$folder/$archive" "${from%/}/v$version/$archive" || fail "$archive cannot be downloaded from $from"
if command -v sha256sum > /dev/null; then
  echo "$sum  $folder/$archive" | sha256sum --check --quiet - || fail "$archive is not the one with the known checksum"
else
  echo "$sum  $folder/$archive" | shasum -a 256 --check --quiet - || fail "$archive is not the one with the known checksum"
fi
tar -xzf "$folder/$archive" -C "$folder"
found "$folder/portcullis"
