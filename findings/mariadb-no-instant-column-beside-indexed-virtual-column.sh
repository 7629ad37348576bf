#!/usr/bin/env bash
# A table with an index on a computed column can't get a column at once.
#
# Versions   MariaDB 10.11
# Behavior   ALTER TABLE … ADD COLUMN … ALGORITHM=INSTANT works on a table with a VIRTUAL column. Once that column has an
#            index, it is refused (error 1845), although the new column has nothing to do with it. Without the clause, the
#            server rebuilds the whole table instead, and says nothing. A new member of an ENUM is still instant.
# Source     MariaDB, "Instant ADD COLUMN for InnoDB", lists what prevents it; an index on another, computed column is not
#            among the cases that one would look for.
# Why        An index on a computed column, added once for a statistic, makes every later column of that table a rebuild.
#            Migrations should name ALGORITHM=INSTANT, so that they fail rather than rebuild.
#
# Needs mariadbd and mariadb-install-db. Everything else goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
cleanup() {
  [ -z "${server:-}" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
  rm -rf "$folder"
}
trap cleanup EXIT

mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal >/dev/null
mariadbd --no-defaults --datadir="$folder/data" --socket="$folder/socket" --skip-networking --skip-name-resolve \
  --user="$(id -un)" 2>"$folder/log" &
server=$!
sql() { mariadb --no-defaults --socket="$folder/socket" -u root --skip-column-names -e "$1"; }
until sql 'SELECT 1' >/dev/null 2>&1; do
  kill -0 "$server" || { cat "$folder/log"; exit 1; }
  sleep 0.1
done

echo "MariaDB $(sql 'SELECT VERSION()')"
sql "CREATE DATABASE finding;
  CREATE TABLE finding.plain (id INT PRIMARY KEY, kind ENUM('A') NOT NULL, v INT AS (id) VIRTUAL);
  CREATE TABLE finding.indexed (id INT PRIMARY KEY, kind ENUM('A') NOT NULL, v INT AS (id) VIRTUAL, INDEX (v));"

outcome() {
  local said
  if said=$(sql "ALTER TABLE finding.$1 $2, ALGORITHM=INSTANT" 2>&1); then echo accepted; else grep ERROR <<<"$said"; fi
}
column='ADD COLUMN c INT NULL'
without=$(outcome plain "$column")
with=$(outcome indexed "$column")
member=$(outcome indexed "MODIFY kind ENUM('A', 'B') NOT NULL")
echo "a column, beside a computed column:            $without"
echo "a column, beside an index on a computed column: $with"
echo "a member of an ENUM, beside that index:         $member"
[[ $without == accepted && $with == 'ERROR 1845'* && $member == accepted ]] || { echo 'The behavior has changed.'; exit 1; }
