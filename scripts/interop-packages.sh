#!/usr/bin/env bash
# The daemons of the interop suite (`npm run test:interop`) from Debian's packages. Started are none of them: the suite
# starts its own, with configurations of its own. Works without systemd, and more than once.
set -euo pipefail

packages=(
  openssl nginx postfix dovecot-imapd dovecot-pop3d dovecot-lmtpd vsftpd slapd mariadb-server-core mariadb-client-core postgresql
  kamailio kamailio-tls-modules
)

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi

# A mirror that stalls is asked again.
apt() {
  local tries=0
  until "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    timeout 200 apt-get --quiet --option Acquire::http::Timeout=20 --option DPkg::Lock::Timeout=60 \
    --option Dpkg::Use-Pty=0 "$@" >"$scratch/log" 2>&1; do
    tries=$((tries + 1))
    tail -n 20 "$scratch/log" >&2
    [ "$tries" -lt 3 ] || return 1
    # What was cut off half-way is brought to an end first.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive timeout 100 dpkg --configure --pending >&2 || true
    sleep $((tries * 5))
  done
}

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
  if [ "$state" != installed ]; then missing+=("$package"); fi
done
if [ "${#missing[@]}" -eq 0 ]; then
  echo 'all daemons of the interop suite are installed'
  exit 0
fi

# No package starts its service (Debian policy, 9.3.3.2; /usr/share/doc/init-system-helpers/README.policy-rc.d.gz):
# whatever stood there comes back.
policy=/usr/sbin/policy-rc.d
scratch=$(mktemp -d)
had_policy=no
restore() {
  if [ "$had_policy" = yes ]; then
    "${as_root[@]}" cp --preserve=all "$scratch/policy-rc.d" "$policy"
  else
    "${as_root[@]}" rm -f "$policy"
  fi
  "${as_root[@]}" rm -rf "$scratch"
}
if [ -e "$policy" ]; then
  "${as_root[@]}" cp --preserve=all "$policy" "$scratch/policy-rc.d"
  had_policy=yes
fi
trap restore EXIT
printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
"${as_root[@]}" chmod 0755 "$policy"

apt update
"${as_root[@]}" debconf-set-selections <<'ANSWERS'
postfix postfix/main_mailer_type select No configuration
slapd slapd/no_configuration boolean true
ANSWERS
echo "installing ${missing[*]}"
apt install --yes --no-install-recommends "${missing[@]}"
echo "installed in ${SECONDS}s"
