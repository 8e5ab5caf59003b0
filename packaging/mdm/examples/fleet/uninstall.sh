#!/bin/sh
# Removes Muster. Its state stays, so that a new installation goes on with the
# same identity; `uninstall.sh --purge` removes that as well.
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
