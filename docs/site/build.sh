#!/usr/bin/env bash
# Builds the site: every page under docs, the notebooks, each source file typeset, and the API reference.
#
#   docs/site/build.sh              everything, into docs/site/build/html
#   docs/site/build.sh --no-api     without the API reference
#
# Needs Python 3.10 or later and, the first time, the network: the generator comes from PyPI into a virtual
# environment in docs/site/build, at the versions of requirements.txt. What it builds loads nothing from elsewhere.

set -euo pipefail
cd "$(dirname "$0")/../.."
site=docs/site
out=$site/build
api=(--api)
if [ "${1:-}" = "--no-api" ]; then api=(); fi

if ! cmp -s $site/requirements.txt $out/requirements.installed; then
  rm -rf $out/venv
  python3 -m venv $out/venv
  $out/venv/bin/pip install --quiet --disable-pip-version-check -r $site/requirements.txt
  cp $site/requirements.txt $out/requirements.installed
fi

swift build --product mvmr
rm -rf $out/annotated
"$(swift build --show-bin-path)/mvmr" book sources --output $out/annotated
$out/venv/bin/python $site/prepare.py . $out/tree $out/annotated "${api[@]}"
$out/venv/bin/sphinx-build -W --keep-going -q -c $site -b html $out/tree $out/html

if [ ${#api[@]} -gt 0 ]; then $site/api.sh; fi

# No page may load a script, a style, a font or a picture from another place.
if grep -rnoE --include='*.html' --include='*.css' \
  '(src|srcset)="https?://[^"]*"|<link[^>]*(stylesheet|icon|preload)[^>]*href="https?://[^"]*"|url\(["'"'"']?https?://[^)]*\)|@import[^;]*https?://[^;]*' \
  $out/html; then
  echo "The site loads something from elsewhere."
  exit 1
fi
echo "$out/html/index.html"
