#!/bin/sh
# What only a Mac can show of a package: run it on a Mac before a release.
#
#   sudo ./verify-on-mac.sh PACKAGE [EARLIER-PACKAGE]
#
# It installs the package on this very Mac, goes back to EARLIER-PACKAGE and
# forward again when one is given, and removes everything at the end, settings
# and key included: use a Mac for tests. One line of words for each check; it
# ends with 1 at the first thing that is not as expected.
#
# It has been written from Apple's documents and has not been run on a Mac yet:
# what a tool really answers is still to be seen.
set -u
LC_ALL=C
export LC_ALL

LABEL=org.muster.agent
BUNDLE="/Library/Application Support/Muster/Muster.app"
EXECUTABLE="/Library/Application Support/Muster/Muster.app/Contents/MacOS/muster-agent"
DAEMON=/Library/LaunchDaemons/org.muster.agent.plist
STATE="/Library/Application Support/Muster/state"
TOKEN_FILE="/Library/Application Support/Muster/enrollment-token"
LOGS=/Library/Logs/Muster
COMMAND=/usr/local/bin/muster-agent

fail() {
  echo "NOT AS EXPECTED: $*"
  exit 1
}

# check WORDS COMMAND...: the command must succeed; what it said is shown when
# it does not.
check() {
  words=$1
  shift
  if said=$("$@" 2>&1); then
    echo "as expected: $words"
  else
    echo "$said"
    fail "$words"
  fi
}

# refuse WORDS COMMAND...: the command must fail.
refuse() {
  words=$1
  shift
  if "$@" >/dev/null 2>&1; then
    fail "$words"
  fi
  echo "as expected: $words"
}

# look WORDS COMMAND...: a person has to read the answer.
look() {
  words=$1
  shift
  echo "to be read: $words"
  "$@" 2>&1 | /usr/bin/sed 's/^/    /'
}

# is_owned OWNER MODE PATH
is_owned() {
  found=$(/usr/bin/stat -f '%Su:%Sg %Lp' "$3") || return 1
  if [ "$found" != "$1 $2" ]; then
    echo "$3 is $found, not $1 $2"
    return 1
  fi
}

install() {
  /usr/sbin/installer -pkg "$1" -target /
}

# installed PACKAGE WORDS: everything that must be true after an installation.
installed() {
  check "$2: Installer takes the package" install "$1"
  check "$2: launchd knows the agent" /bin/launchctl print "system/$LABEL"
  check "$2: the receipt is there" /usr/sbin/pkgutil --pkg-info "$LABEL"
  check "$2: the program's signature holds" /usr/bin/codesign --verify --strict --deep "$BUNDLE"
  check "$2: the program starts" "$EXECUTABLE" --version
  check "$2: the program belongs to root" is_owned root:wheel 755 "$EXECUTABLE"
  check "$2: the daemon's file belongs to root" is_owned root:wheel 644 "$DAEMON"
  check "$2: the state is for root alone" is_owned root:wheel 700 "$STATE"
  check "$2: the logs are not for everybody" is_owned root:wheel 750 "$LOGS"
  check "$2: Application Support is as macOS made it" is_owned "$support" 755 "/Library/Application Support"
  check "$2: the command is found" test -x "$COMMAND"
}

# Two executables in one, one for each kind of Mac.
runs_as() {
  /usr/bin/arch "-$1" "$EXECUTABLE" --version
}

main() {
  [ "$(/usr/bin/uname -s)" = Darwin ] || fail "this computer is a Mac"
  [ "$(/usr/bin/id -u)" = 0 ] || fail "this runs as root: start it with sudo"
  [ -f "${1:-}" ] || fail "the first word is a package"
  package=$1
  earlier=${2:-}
  work=$(/usr/bin/mktemp -d /tmp/muster-verify.XXXXXX) || fail "a folder can be made"
  trap '/bin/rm -rf "$work"' EXIT
  support=$(/usr/bin/stat -f '%Su:%Sg' "/Library/Application Support")
  refuse "no agent is installed before" /bin/launchctl print "system/$LABEL"

  check "the package is signed, and Apple knows by whom" /usr/sbin/pkgutil --check-signature "$package"
  check "Gatekeeper lets it be installed" /usr/sbin/spctl -a -vv -t install "$package"
  check "the notary's ticket is stapled" /usr/bin/xcrun stapler validate "$package"
  check "the package can be taken apart" /usr/sbin/pkgutil --expand-full "$package" "$work/expanded"
  check "the list of contents can be read" /usr/bin/lsbom -p fMUGsc "$work/expanded/muster-agent.pkg/Bom"
  # What Apple's own tool makes of the same files must be the same list, save
  # for owners, which mkbom takes from the disk.
  check "Apple's tool makes a list of the same files" /usr/bin/mkbom "$work/expanded/muster-agent.pkg/Payload" "$work/own.bom"
  /usr/bin/lsbom -p fsc "$work/expanded/muster-agent.pkg/Bom" | /usr/bin/sort >"$work/ours"
  /usr/bin/lsbom -p fsc "$work/own.bom" | /usr/bin/sort >"$work/theirs"
  check "both lists name the same paths, sizes and checksums" /usr/bin/diff "$work/ours" "$work/theirs"

  installed "$package" "first installation"
  look "who signed the program, with which flags and which requirement" /usr/bin/codesign -dvvv -r- "$BUNDLE"
  look "which name Login Items shows (it should be Muster)" /usr/bin/sfltool dumpbtm
  check "it runs on this kind of Mac" runs_as "$(/usr/bin/uname -m)"
  installed "$package" "the same version again"
  if [ -n "$earlier" ]; then
    installed "$earlier" "back to the earlier version"
    installed "$package" "forward again"
  fi

  # The token in the file's name: to be proven here. The agent refuses this one
  # and may remove the file at any time, so the log of Installer is read.
  /bin/cp "$package" "$work/Muster.mst1.AAAA (1).pkg"
  check "a package with a token in its name is installed" install "$work/Muster.mst1.AAAA (1).pkg"
  check "the token was seen in the file's name" /usr/bin/grep -q "took a token from the package's name" /var/log/install.log
  if [ -e "$TOKEN_FILE" ]; then
    check "the token is for root alone" is_owned root:wheel 600 "$TOKEN_FILE"
  fi

  check "it can be removed" "$BUNDLE/Contents/Resources/uninstall.sh" --purge
  refuse "launchd no longer knows the agent" /bin/launchctl print "system/$LABEL"
  refuse "the receipt is gone" /usr/sbin/pkgutil --pkg-info "$LABEL"
  for path in "$BUNDLE" "$DAEMON" "$STATE" "$LOGS" "$COMMAND" "$TOKEN_FILE" /private/etc/newsyslog.d/org.muster.agent.conf; do
    refuse "nothing is left at $path" test -e "$path"
  done
  echo "Everything that was checked is as expected; read the lines marked \"to be read\"."
}

main "$@"
