#!/bin/sh
# Become a target: run by tools/targets.py in fresh mount, process, host name and IPC namespaces, which end with sshd.
# Arguments: base system, folder to mount into (its neighbours hold the keys), host name, port, Ansible's user
set -eu
base=$1 files=$2 name=$3 port=$4 user=$5
folder=${files%/*}
root=$files/root

mount -t tmpfs -o mode=0755 none "$files"
mkdir "$files/upper" "$files/work" "$root"
mount -t overlay -o "lowerdir=$base,upperdir=$files/upper,workdir=$files/work" none "$root"
mount -t proc none "$root/proc"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 none "$root/dev/pts"
mount --bind "$root/dev/pts/ptmx" "$root/dev/ptmx"
mkdir -p "$root/run/sshd"

hostname "$name"
echo "$name" > "$root/etc/hostname"
printf '127.0.0.1 localhost %s\n' "$name" > "$root/etc/hosts"

install -m 0600 "$folder/$name.host_key" "$root/etc/ssh/ssh_host_ed25519_key"
install -d -m 0700 "$root/home/$user/.ssh"
install -m 0600 "$folder/id_ed25519.pub" "$root/home/$user/.ssh/authorized_keys"
chroot "$root" chown -R "$user:" "/home/$user/.ssh"

exec chroot "$root" /usr/sbin/sshd -D -e -o ListenAddress=127.0.0.1 -o Port="$port" \
    -o HostKey=/etc/ssh/ssh_host_ed25519_key -o UseDNS=no
