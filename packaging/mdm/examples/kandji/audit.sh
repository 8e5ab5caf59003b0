#!/bin/sh
# Is this version of Muster installed and at work? Exit 0: yes; 1: install it.
version='1.2.3'
info='/Library/Application Support/Muster/Muster.app/Contents/Info.plist'
installed=''
if [ -f "$info" ]; then
  installed=$(/usr/libexec/PlistBuddy -c 'Print :CFBundleShortVersionString' "$info" 2>/dev/null)
fi
if [ "$installed" != "$version" ]; then
  echo "Muster $version is wanted, ${installed:-none} is installed"
  exit 1
fi
# The bundle alone reports nothing.
if ! /bin/launchctl print 'system/org.muster.agent' >/dev/null 2>&1; then
  echo 'the daemon of Muster is not loaded'
  exit 1
fi
echo "Muster $version is installed"
exit 0
