#!/bin/sh
# Extension attribute: the version of Muster that is installed.
info='/Library/Application Support/Muster/Muster.app/Contents/Info.plist'
installed=''
if [ -f "$info" ]; then
  installed=$(/usr/libexec/PlistBuddy -c 'Print :CFBundleShortVersionString' "$info" 2>/dev/null)
fi
echo "<result>${installed:-none}</result>"
