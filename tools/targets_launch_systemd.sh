#!/bin/sh
# Become systemd in a target, as the last step of targets_launch.sh: in a control group's namespace of its own.
# Argument: the root of the target
set -eu
root=$1
mount -t cgroup2 none "$root/sys/fs/cgroup"
exec env --ignore-environment container=target PATH=/usr/sbin:/usr/bin \
    chroot "$root" /lib/systemd/systemd --log-target=console
