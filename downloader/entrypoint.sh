#!/bin/sh
# Starts the downloader as the user `node`, also when the container starts as root. From root it takes along the
# capabilities that it needs to run the children of each job as a user of their own; the children get none. Where the
# platform gives root no capabilities, it stays the powerless root that it is.
set -eu
if [ "$(id -u)" = 0 ]; then
  rights='-all,+chown,+dac_override,+fowner,+kill,+setgid,+setuid'
  as_node='setpriv --reuid=node --regid=node --clear-groups'
  if $as_node --inh-caps=$rights --ambient-caps=$rights true 2>/dev/null; then
    exec $as_node --inh-caps=$rights --ambient-caps=$rights "$@"
  elif $as_node --inh-caps=-all true 2>/dev/null; then
    exec $as_node --inh-caps=-all "$@"
  fi
fi
exec "$@"
