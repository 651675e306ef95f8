#!/bin/sh
# Become a target: run by tools/targets.py in fresh mount, process, host name and IPC namespaces, which end with this process.
# Arguments: base system, folder to mount into (its neighbours hold the keys), host name, port, Ansible's user, first process
# (sshd or systemd), name of a control group
set -eu
base=$1 files=$2 name=$3 port=$4 user=$5 init=$6 group=$7
folder=${files%/*}
root=$files/root

mount -t tmpfs -o mode=0755 none "$files"
mkdir "$files/upper" "$files/work" "$root" "$files/cgroup"
mount -t overlay -o "lowerdir=$base,upperdir=$files/upper,workdir=$files/work" none "$root"
mount -t proc none "$root/proc"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 none "$root/dev/pts"
mount --bind "$root/dev/pts/ptmx" "$root/dev/ptmx"
mount -t tmpfs -o mode=0755 none "$root/run"
mkdir "$root/run/sshd"

hostname "$name"
echo "$name" > "$root/etc/hostname"
printf '127.0.0.1 localhost %s\n' "$name" > "$root/etc/hosts"

install -m 0600 "$folder/$name.host_key" "$root/etc/ssh/ssh_host_ed25519_key"
install -d -m 0700 "$root/home/$user/.ssh"
install -m 0600 "$folder/id_ed25519.pub" "$root/home/$user/.ssh/authorized_keys"
chroot "$root" chown -R "$user:" "/home/$user/.ssh"

cat > "$root/etc/ssh/sshd_config.d/target.conf" <<END
ListenAddress 127.0.0.1
Port $port
UseDNS no
END

if [ "$init" = sshd ]; then
    exec chroot "$root" /usr/sbin/sshd -D -e
fi

# systemd rules over a control group of its own, below this machine's; it sees no other.
mount -t sysfs -o ro none "$root/sys"
mkdir -p "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nCompress=no\n' > "$root/etc/systemd/journald.conf.d/target.conf" # a search of the disk shall see through it
mount -t cgroup2 none "$files/cgroup"
mkdir "$files/cgroup/$group"
echo 0 > "$files/cgroup/$group/cgroup.procs"
exec unshare --cgroup sh "${0%.sh}_systemd.sh" "$root"
