#!/usr/bin/env bash
# Copies a folder somewhere safe.
set -euo pipefail

source ./lib/log.sh
. "$HOME/.backuprc"

readonly KEEP=7
TARGET=${1:-/tmp/backup}
declare -A sizes
export LANG=C

# Says how to call this.
usage() {
  cat <<EOF
usage: $0 [target]
EOF
  exit 1
}

function copy_all {
  local from=$1
  for file in "$from"/*; do
    if [[ -d $file ]]; then
      copy_all "$file"
    elif [[ -f $file ]]; then
      cp "$file" "$TARGET" || log_error "failed: $file"
      sizes[$file]=$(stat -c %s "$file")
    fi
  done
}

prune() {
  local count=0
  while read -r old; do
    (( count += 1 ))
    case $old in
      *.tar)
        rm "$old"
        ;;
      *) log_info "kept $old" ;;
    esac
  done < <(ls -t "$TARGET" | tail -n +"$KEEP")
  ( cd "$TARGET" && du -sh . )
}

[[ $# -gt 1 ]] && usage
copy_all "$PWD"
prune
