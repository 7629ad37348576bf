#!/usr/bin/env bash
# relay-compiler runs `git add` for what it writes, so that the next commit contains files that you did not add.
#
# Version    relay-compiler 21.0.1
# Behavior   Run inside a Git repository, the compiler stages every new artifact. Neither its output nor its help says so.
#            It does not wait for Git either: it can end first, and the next Git command then fails because of
#            .git/index.lock. `"noSourceControl": true` in the configuration turns it off.
# Source     relay-compiler-config-schema.json, noSourceControl: "Opt out of source control checks/integration." Nothing
#            says what the integration does, or that it is on by default.
# Why        Compilers change the working tree, not the index. A commit of what was staged before the build also contains
#            the build's output. In a test or an experiment in a subfolder, these are files of no interest.
#
# Needs node 20, npm and git. Everything goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund relay-compiler@21.0.1
mkdir project project/__generated__
cd project
git init --quiet
config='{ "src": ".", "schema": "schema.graphql", "artifactDirectory": "__generated__", "language": "javascript" }'
echo "$config" >relay.config.json
echo 'type Query { field: String }' >schema.graphql
echo 'graphql`query documentsQuery { field }`' >documents.js
echo "relay-compiler $(node -p "require('../node_modules/relay-compiler/package.json').version"), Node.js $(node --version)"
if ../node_modules/.bin/relay-compiler --help | grep -i 'git\|stage'; then
  echo 'Changed: the help mentions it.'
  exit 1
fi
# Compiles, and prints what is in the index once Git had the time to finish.
compile() {
  ../node_modules/.bin/relay-compiler --noWatchman --output quiet
  for _ in {1..30}; do
    sleep 0.1
    [ -e .git/index.lock ] || [ -z "$(git diff --cached --name-only)" ] || break
  done
  git diff --cached --name-only
}
staged=$(compile)
echo "in the index by default: ${staged:-nothing}"
git rm --quiet --cached -r .
rm __generated__/*
echo "${config% \}}, \"noSourceControl\": true }" >relay.config.json
opted_out=$(compile)
echo "in the index with noSourceControl: ${opted_out:-nothing}"
if [ "$staged" = __generated__/documentsQuery.graphql.js ] && [ -f "$staged" ] && [ -z "$opted_out" ]; then
  echo 'As found: the artifact is in the index.'
else
  echo 'Changed: the compiler leaves the index alone.'
  exit 1
fi
