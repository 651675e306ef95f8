#!/usr/bin/env bash
# Run shellcheck on every shell script, on those that Terraform's documentation shows, and on those that roles write.
set -euo pipefail
cd "$(dirname "$0")/.."

git ls-files -z .ci/run 'tools/*.sh' 'terraform/proto/*.sh' | xargs -0 shellcheck
git ls-files -z 'terraform/examples/*.sh' | xargs -0 shellcheck --shell=sh # fragments to paste, without a first line
git ls-files -z 'roles/*.sh.j2' | while read -r -d '' template; do
    sed 's/{{ *\([a-z_]*\) *}}/\1/g' "$template" | shellcheck - || { echo "in $template" >&2; exit 1; }
done
