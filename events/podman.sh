#!/usr/bin/env bash
# Runs a command with Podman and a stand-in for Lambda's image, where no registry of images can be reached:
#     bash events/podman.sh make events-docker
# The image holds this machine's Python 3.13 and awslambdaric; the SAM CLI adds the emulator of the runtime.
# Needs root, Debian's packages, and `make build-local`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Where a machine is itself a container, it may not be allowed to make others: that is no fault of ours.
if ! reason=$(unshare --fork --mount --pid --net --uts --ipc true 2>&1); then
  echo "Containers cannot run on this machine, so that \`sam local\` is not tried: $reason"
  exit 0
fi

if ! command -v podman runc netavark iptables busybox >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    podman runc netavark aardvark-dns iptables busybox-static >/dev/null
fi

scratch=$(mktemp -d)
export CONTAINERS_CONF=$scratch/containers.conf DOCKER_HOST=unix://$scratch/podman.sock
open=$(ulimit -Hn) processes=$(ulimit -Hu) most=$(cat /proc/sys/kernel/pid_max)
[[ $processes == unlimited || $processes -gt $most ]] && processes=$most
[[ $open == unlimited || $open -gt 1048576 ]] && open=1048576
cat >"$CONTAINERS_CONF" <<END
[containers]
default_ulimits = ["nofile=$open:$open", "nproc=$processes:$processes"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
END

podman system service --time=0 "$DOCKER_HOST" 2>"$scratch/log" &
service=$!
end() {
  podman rm --all --force --filter label=sam.cli.container.type=lambda >/dev/null 2>&1 || true
  podman image prune --force >/dev/null 2>&1 || true  # the SAM CLI builds one for each invocation
  kill $service 2>/dev/null || true
  rm -rf "$scratch"
}
trap end EXIT

case $(uname -m) in aarch64) architecture=arm64 ;; *) architecture=$(uname -m) ;; esac
root=$scratch/root
python=$(readlink -f "$(make --silent --directory layers/rollcall runtime)")
library=$("$python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
mkdir -p "$root"/{bin,etc,opt,tmp,var/runtime,var/task} "$root$(dirname "$python")" "$root$library"
cp "$python" "$root$python"
tar --create --directory "$library" --exclude=test --exclude=site-packages --exclude=idlelib --exclude=tkinter \
  --exclude=ensurepip --exclude='config-*' --exclude=__pycache__ . | tar --extract --directory "$root$library"
cp -R .venv-lambda/lib/python3.13/site-packages/{awslambdaric,simplejson,snapshot_restore_py*,*.so} "$root/var/runtime/"

# The libraries of all that, and those that wheels for any Linux count on.
find "$python" "$root$library/lib-dynload" "$root/var/runtime" -type f \( -name '*.so*' -o -path "$python" \) \
  -exec ldd {} + 2>/dev/null | grep -o '/[^ :]*\.so[^ :]*' | grep -v "^$root" | sort -u >"$scratch/libraries"
libc=$(dirname "$(grep -m 1 '/libc\.so\.6$' "$scratch/libraries")")
ls "$libc"/lib{m,rt,dl,pthread,util,resolv,nss_files,nss_dns,gcc_s,stdc++}.so.[0-9] 2>/dev/null >>"$scratch/libraries"
sort -u "$scratch/libraries" | while read -r each; do install -D "$(readlink -f "$each")" "$root$each"; done

cp "$(command -v busybox)" "$root/bin/busybox"
for each in sh mv cp rm chmod mkdir; do ln -s busybox "$root/bin/$each"; done
cat >"$root/var/runtime/bootstrap" <<END
#!/bin/sh
export PYTHONPATH=/opt/python:/var/runtime
exec $python -m awslambdaric "\$_HANDLER"
END
chmod +x "$root/var/runtime/bootstrap"
chmod -R a+rX "$root"
cat >"$scratch/Containerfile" <<END
FROM scratch
COPY root /
ENV PATH=/bin LANG=C.UTF-8 LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime
WORKDIR /var/task
END
podman build --quiet --tag "public.ecr.aws/lambda/python:3.13-$architecture" "$scratch" >/dev/null

"$@"
