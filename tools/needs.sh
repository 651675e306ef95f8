#!/usr/bin/env bash
# End at once where a program is missing, and say which of Debian's packages has it. Arguments: programs
set -euo pipefail

packages=()
for program in "$@"; do
    command -v "$program" > /dev/null && continue
    case $program in
        java) packages+=(openjdk-17-jre-headless) ;;
        ssh | ssh-keygen) packages+=(openssh-client) ;;
        umount) packages+=(mount) ;;
        unshare) packages+=(util-linux) ;;
        terraform)
            echo "terraform is missing: install Terraform 1.8 or later, https://developer.hashicorp.com/terraform/install" >&2
            exit 1
            ;;
        *) packages+=("$program") ;;
    esac
done
[ ${#packages[@]} = 0 ] || { echo "Programs are missing: apt-get install ${packages[*]}" >&2; exit 1; }
