#!/bin/sh
# Removes the Muster agent from this Mac.
#
#   uninstall.sh           removes the agent; its state, settings and logs stay
#   uninstall.sh --purge   removes these as well
#
# The collector is told first, as long as there is a key to say it with.
set -u
LC_ALL=C
export LC_ALL

LABEL=org.muster.agent
FOLDER="/Library/Application Support/Muster"
BUNDLE="/Library/Application Support/Muster/Muster.app"
EXECUTABLE="/Library/Application Support/Muster/Muster.app/Contents/MacOS/muster-agent"
DAEMON=/Library/LaunchDaemons/org.muster.agent.plist
LOG_RULE=/private/etc/newsyslog.d/org.muster.agent.conf
STATE="/Library/Application Support/Muster/state"
CONFIG="/Library/Application Support/Muster/config.toml"
TOKEN_FILE="/Library/Application Support/Muster/enrollment-token"
LOGS=/Library/Logs/Muster
COMMAND=/usr/local/bin/muster-agent

say() {
  echo "muster: $*" >&2
}

# The link is removed only when it is ours.
unlink_command() {
  if [ -L "$COMMAND" ]; then
    case $(/usr/bin/readlink "$COMMAND") in
      "$BUNDLE"/*) /bin/rm -f "$COMMAND" || failed=1 ;;
    esac
  fi
}

remove() {
  for path in "$@"; do
    if ! /bin/rm -rf "$path"; then
      say "$path cannot be removed"
      failed=1
    fi
  done
}

stop() {
  /bin/launchctl bootout "system/$LABEL" >/dev/null 2>&1
  waited=0
  # bootout comes back before the service is gone.
  while /bin/launchctl print "system/$LABEL" >/dev/null 2>&1; do
    if [ "$waited" -ge 30 ]; then
      say "the agent does not stop within 30 seconds; nothing was removed; restart the Mac and try again"
      exit 1
    fi
    /bin/sleep 1
    waited=$((waited + 1))
  done
}

# All of it is read before the file that holds it is removed.
main() {
  purge=no
  case "$#:${1:-}" in
    0:) ;;
    1:--purge) purge=yes ;;
    *)
      say "uninstall.sh takes nothing but --purge"
      exit 64
      ;;
  esac
  if [ "$(/usr/bin/id -u)" != 0 ]; then
    say "only root can remove the agent; start it with sudo"
    exit 77
  fi
  # rm must not stand in a folder that it removes.
  cd / || exit 1
  failed=0

  if [ -x "$EXECUTABLE" ] && ! "$EXECUTABLE" unenroll; then
    say "the collector could not be told; IT sees this Mac fall silent and can archive it"
  fi
  stop
  unlink_command
  # A Mac that left does not come back by the same profile; a new installation
  # begins anew.
  remove "$DAEMON" "$LOG_RULE" "$BUNDLE" "$STATE/settings-attempt.json"
  if [ "$purge" = yes ]; then
    remove "$STATE" "$CONFIG" "$TOKEN_FILE" "$LOGS"
  fi
  # Fails while something of the Mac's is kept there.
  /bin/rmdir "$FOLDER" 2>/dev/null
  # Fails when it was not installed from a package.
  /usr/sbin/pkgutil --forget "$LABEL" >/dev/null 2>&1

  if [ "$failed" -ne 0 ]; then
    exit 1
  fi
  if [ "$purge" = yes ]; then
    say "the agent and all that it kept are removed"
  else
    say "the agent is removed; its state, settings and logs stay (--purge removes them)"
  fi
}

main "$@"
exit
