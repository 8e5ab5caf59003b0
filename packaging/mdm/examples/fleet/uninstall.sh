#!/bin/sh
# Removes Muster. The collector is told first; settings and logs stay.
uninstaller='/Library/Application Support/Muster/Muster.app/Contents/Resources/uninstall.sh'
if [ ! -x "$uninstaller" ]; then
  echo 'Muster is not installed'
  exit 0
fi
# A copy, because the uninstaller removes the folder that it lies in.
copy=$(/usr/bin/mktemp /private/tmp/muster-uninstall.XXXXXX) || exit 1
/bin/cp "$uninstaller" "$copy" || exit 1
/bin/sh "$copy"
ended=$?
/bin/rm -f "$copy"
exit "$ended"
