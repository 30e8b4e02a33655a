#!/usr/bin/env bash
# The API reference from the doc comments, by the toolchain's docc: docs/site/build/html/api.
#
#   docs/site/api.sh            one archive a module, merged, as pages
#   docs/site/api.sh --check    only whether docc has anything to say; a warning is an error
#
# Reads the modules of the debug build (`swift build`).

set -euo pipefail
cd "$(dirname "$0")/../.."
out=docs/site/build/api
html=docs/site/build/html/api
tools="$(dirname "$(realpath "$(command -v swift)")")"
built="$(swift build --show-bin-path)/Modules"
target="$(swiftc -print-target-info | sed -n 's/.*"triple": "\(.*\)",/\1/p' | head -n 1)"

rm -rf "$out" && mkdir -p "$out"
archives=()
for folder in Sources/*/; do
  module="$(basename "$folder")"
  # The command line is no library, and the umbrella declares nothing.
  case "$module" in Command | MVMR) continue ;; esac
  mkdir "$out/$module.graph"
  "$tools/swift-symbolgraph-extract" -module-name "$module" -I "$built" -output-dir "$out/$module.graph" \
    -minimum-access-level public -skip-synthesized-members -target "$target"
  "$tools/docc" convert --additional-symbol-graph-dir "$out/$module.graph" --output-path "$out/$module.doccarchive" \
    --fallback-display-name "$module" --fallback-bundle-identifier "mv-mr-swift.$module" --warnings-as-errors
  archives+=("$out/$module.doccarchive")
done
if [ "${1:-}" = "--check" ]; then
  echo "docc has nothing to say about ${#archives[@]} modules"
  exit 0
fi
"$tools/docc" merge "${archives[@]}" --output-path "$out/all.doccarchive" --synthesized-landing-page-name mv-mr-swift
rm -rf "$html"
"$tools/docc" process-archive transform-for-static-hosting "$out/all.doccarchive" --output-path "$html" --hosting-base-path api
