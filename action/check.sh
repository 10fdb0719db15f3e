#!/usr/bin/env bash
# Fetches what the comparison needs and is not there, judges, and posts. The exit code is the program's: the job that runs
# this is what a branch protection should require. The inputs come as INPUT_*, the event's commits as EVENT_*.
set -euo pipefail

report="${RUNNER_TEMP:-/tmp}/portcullis-report.json"
args=(check --post -o human -o "json=$report" --cache-dir "${RUNNER_TEMP:-/tmp}/portcullis-inventory")
[ -z "${INPUT_CONFIG:-}" ] || args+=(--config "$INPUT_CONFIG")
[ -z "${INPUT_FAIL_ON:-}" ] || args+=(--fail-on "$INPUT_FAIL_ON")
[ "${INPUT_REQUEST_CHANGES:-false}" != true ] || args+=(--request-changes)

fetch() { git fetch --quiet --no-tags --no-recurse-submodules "$@"; }
has() { git cat-file -e "$1^{tree}" 2> /dev/null; }

if [ -n "${INPUT_BASE:-}" ]; then
  args+=(--base "$INPUT_BASE")
else
  case "${GITHUB_EVENT_NAME:-}" in
    pull_request | pull_request_review)
      # The checkout is GitHub's merge of the pull request: its first parent is all that is compared with.
      has 'HEAD^1' || fetch --depth=2 origin "$GITHUB_SHA" || true
      ;;
    pull_request_target)
      # The base is checked out, and stays so: the head's files are read from the object store, never run or rendered.
      fetch --depth=2 origin "refs/pull/$EVENT_PULL_REQUEST/merge" ||
        { echo "::error title=portcullis::the pull request cannot be merged, so there is nothing to judge"; exit 2; }
      merge=$(git rev-parse FETCH_HEAD)
      if [ "$(git rev-parse "$merge^2")" != "$EVENT_HEAD" ]; then
        echo "::error title=portcullis::GitHub's merge is not of this event's head; a newer run judges it, or run this one again"
        exit 2
      fi
      args+=(--merge "$merge")
      ;;
    merge_group | push)
      if [[ ${EVENT_BASE:-} =~ ^[0-9a-f]{40}$ ]] && ! [[ $EVENT_BASE =~ ^0+$ ]]; then
        has "$EVENT_BASE" || fetch --depth=1 origin "$EVENT_BASE" || true
      fi
      ;;
  esac
fi

echo "report=$report" >> "$GITHUB_OUTPUT"
exec "$PORTCULLIS" "${args[@]}"
