#!/bin/sh
# Puts what report pages draw their charts with into reports/assets, from where the next build embeds it.
# Called by go generate ./reports. A build without it draws the same charts as static pictures.
set -eu
cd "$(dirname "$0")"
assets=../assets
if [ -s $assets/echarts.min.js ] && cmp -s package-lock.json $assets/package-lock.json; then
  exit 0 # there already
fi
if ! command -v npm >/dev/null; then
  echo "reports/web: no npm here, reports get static charts only" >&2
  exit 0
fi
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
for f in node_modules/echarts/LICENSE node_modules/echarts/NOTICE node_modules/echarts/dist/echarts.min.js package-lock.json; do
  cp "$f" $assets/.new
  mv $assets/.new "$assets/$(basename "$f")"
done
rm -rf node_modules
