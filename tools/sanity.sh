#!/usr/bin/env bash
# Run `ansible-test sanity` on a copy of what is shipped, at ansible_collections/onetimesecret/ots: it accepts no other
# path and no symlinks. There is no ignore file: every test counts.
set -euo pipefail
cd "$(dirname "$0")/.."

copy=$PWD/.sanity/ansible_collections/onetimesecret/ots
rm -rf "$copy"
mkdir -p "$copy"
shipped=(.gitignore CHANGELOG.md README.md LICENSE LICENSES changelogs docs galaxy.yml meta playbooks plugins requirements.txt roles server tests/config.yml)
git ls-files -z --cached --others --exclude-standard -- "${shipped[@]}" |
    tar --create --null --files-from=- --ignore-failed-read | tar --extract --directory="$copy"

# ansible-test wants to download pip's installer; the interpreter's own copy of pip does as well.
cache=${HOME:?}/.ansible/test/cache
mkdir -p "$cache"
for version in 23_1_2 24_2 25_2 25_3; do
    [ -e "$cache/get_pip_$version.py" ] ||
        echo "import ensurepip; ensurepip.bootstrap(upgrade=True, default_pip=True)" > "$cache/get_pip_$version.py"
done

# A pyenv shim looks like a Python and is none where its version is not chosen: look at the real ones.
PATH=$(tr : '\n' <<< "$PATH" | grep -v '/shims$' | paste -sd :):$(printf '%s:' "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[1-9]*/bin)

cd "$copy"
git init --quiet && git add --all
ansible-test sanity --venv --color no "$@"
