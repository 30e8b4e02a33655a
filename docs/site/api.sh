#!/usr/bin/env bash
# The API reference from the doc comments, one archive a module, merged: docs/site/build/html/api.
# A warning of docc is an error.

set -euo pipefail
cd "$(dirname "$0")/../.."
out=docs/site/build/api
html=docs/site/build/html/api
docc="$(dirname "$(realpath "$(command -v swift)")")/docc"

swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members >/dev/null
graphs="$(swift build --show-bin-path)/../symbolgraph"
rm -rf "$out" && mkdir -p "$out"
archives=()
for folder in Sources/*/; do
  module="$(basename "$folder")"
  case "$module" in Command | MVMR) continue ;; esac
  mkdir -p "$out/$module.graph"
  cp "$graphs/$module.symbols.json" "$graphs/$module@"*.symbols.json "$out/$module.graph" 2>/dev/null || true
  "$docc" convert --additional-symbol-graph-dir "$out/$module.graph" --output-path "$out/$module.doccarchive" \
    --fallback-display-name "$module" --fallback-bundle-identifier "mv-mr-swift.$module" --warnings-as-errors
  archives+=("$out/$module.doccarchive")
done
"$docc" merge "${archives[@]}" --output-path "$out/all.doccarchive" --synthesized-landing-page-name mv-mr-swift
rm -rf "$html"
"$docc" process-archive transform-for-static-hosting "$out/all.doccarchive" --output-path "$html" --hosting-base-path api
