#!/usr/bin/env bash
# Runs the README's commands on a bare Debian 12 (only its nodejs, npm and git), in a fresh chroot for each step.
#
#   scripts/bare-debian.sh [--base FOLDER] [STEP...]
#
#   tour    npm ci && npm start -- --tour
#   check   npm ci && npm run check
#   test    npm ci && npm test          (test:test/policy: only that)
#   ci      .ci/run
#
# Without steps: tour, check, test, ci. Uses the last commit. --base keeps the base system between runs.
# Needs root, debootstrap and git. Uses the mirror and npm registry of this machine.
set -euo pipefail

given=("$@")
steps=()
base=
while [ $# -gt 0 ]; do
  case $1 in
    --base) base=${2:?--base needs a folder} && shift ;;
    tour | check | test | test:* | ci) steps+=("$1") ;;
    *) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
  esac
  shift
done
[ "${#steps[@]}" -gt 0 ] || steps=(tour check test ci)
[ "$(id -u)" = 0 ] || { echo 'bare-debian: needs root, for chroot' >&2; exit 1; }
command -v debootstrap >/dev/null || { echo 'bare-debian: debootstrap is missing; install it: apt-get install debootstrap' >&2; exit 1; }

project=$(cd "$(dirname "$0")/.." && pwd)
# A mount namespace of its own, also for debootstrap: all mounts go away with the last process, however it ends.
[ -n "${EINLASS_BARE_DEBIAN:-}" ] || EINLASS_BARE_DEBIAN=$project exec unshare --mount --propagation private "$0" "${given[@]}"
work=$(mktemp -d /var/tmp/einlass-bare.XXXXXX)
child=
clean_up() {
  # Killing the first process of a PID namespace ends all its processes.
  [ -z "$child" ] || { kill -KILL "$child" && wait "$child"; } 2>/dev/null || true
  umount "$work"/*/proc 2>/dev/null || true
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
log=$work/seconds

setting() { # value of npm's configuration, empty if unset
  local value
  value=$(cd / && npm config get "$1" 2>/dev/null) || value=
  case $value in null | undefined) ;; *) printf '%s' "$value" ;; esac
}

make_base() {
  local mirror
  mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk '$1 == "bookworm" { print $2; exit }') || mirror=
  debootstrap --variant=minbase bookworm "$1" ${mirror:+"$mirror"}
  # Proxy and verification settings of this machine for its mirror.
  apt-config dump 2>/dev/null | grep -E '^Acquire::(https?::Proxy|Check-)' >"$1/etc/apt/apt.conf.d/99host" || true
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
  chroot "$1" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive chroot "$1" apt-get install --yes -qq --no-install-recommends nodejs npm git
  local key value
  for key in registry proxy https-proxy noproxy; do
    value=$(setting "$key")
    [ -z "$value" ] || printf '%s=%s\n' "$key" "$value"
  done >"$1/srv/.npmrc"
  # Also the certificate authority of a registry with a private one.
  value=$(setting cafile)
  value=${value:-${NODE_EXTRA_CA_CERTS:-}}
  [ -z "$value" ] || { cp -L "$value" "$1/etc/npm-authorities.crt" && echo cafile=/etc/npm-authorities.crt >>"$1/srv/.npmrc"; }
}

timed() { # NAME COMMAND...: logs its seconds and whether it succeeded
  local name=$1 began=$SECONDS result=ok
  shift
  printf '\n== %s\n' "$name"
  "$@" || result="FAILED ($?)"
  printf '%-24s %6s  %s\n' "$name" $((SECONDS - began)) "$result" >>"$log"
  [ "$result" = ok ]
}

inside() { # ROOT COMMAND: in the project folder of that root, with an empty environment but for the proxies
  local keep=() name
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [ -z "${!name:-}" ] || keep+=("$name=${!name}")
  done
  # shellcheck disable=SC2016
  unshare --mount --pid --fork --kill-child --propagation private bash -euc '
    mount -t proc proc "$1/proc"
    mount -t sysfs -o ro sysfs "$1/sys"
    mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
    root=$1 command=$2
    shift 2
    exec env -i HOME=/srv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@" \
      chroot "$root" bash -euo pipefail -c "cd /srv/einlass && $command"
  ' inside "$1" "$2" "${keep[@]}" &
  # In the background with `wait`, so that traps run at once on a signal.
  child=$!
  local status=0
  wait "$child" || status=$?
  child=
  return "$status"
}

step() {
  local name=$1 root=$work/root
  rm -rf --one-file-system "$root"
  cp -a "$base" "$root"
  git clone --quiet --no-local "$project" "$root/srv/einlass"
  case $name in
    tour) timed "$name: npm ci" inside "$root" 'npm ci' && timed "$name: npm start" inside "$root" 'npm start -- --tour' ;;
    check) timed "$name: npm ci" inside "$root" 'npm ci' && timed "$name: npm run check" inside "$root" 'npm run check' ;;
    test) timed "$name: npm ci" inside "$root" 'npm ci' && timed "$name: npm test" inside "$root" 'CI=true npm test' ;;
    test:*) timed "test: npm ci" inside "$root" 'npm ci' && timed "npm test ${name#test:}" inside "$root" "CI=true npm test -- ${name#test:}" ;;
    ci) timed .ci/run inside "$root" .ci/run ;;
  esac
}

base=${base:-$work/base}
[ -x "$base/usr/bin/npm" ] || timed 'debootstrap, apt-get' make_base "$base"
# `set -e` does not apply inside `timed`, so check the result.
[ -x "$base/usr/bin/npm" ] || { echo 'bare-debian: the root could not be made' >&2; exit 1; }
failed=0
for name in "${steps[@]}"; do step "$name" || failed=1; done
printf '\n%-24s %6s\n' step seconds
cat "$log"
exit "$failed"
