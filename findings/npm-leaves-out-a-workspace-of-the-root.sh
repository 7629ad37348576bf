#!/usr/bin/env bash
# `npm ci --workspace=<one> --include-workspace-root` leaves out other workspaces that the root depends on.
#
# Version    npm 11.19.1
# Behavior   The root has two workspaces, and both are in its `dependencies`. With these flags npm installs the dependencies of the
#            root, but not the second workspace. There is no warning. A folder (`file:`) in the same list is installed.
# Source     @npmcli/arborist lib/arborist/index.js: `workspaceDependencySet` skips edges of the type "workspace".
# Why        An image that needs the service and one package is installed this way. The build succeeds, and the program fails at
#            its start with ERR_MODULE_NOT_FOUND. Name every workspace that the root imports.
#
# Needs node 20 and npm 11. Everything goes into a temporary folder, and nothing comes from a registry.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p packages/one packages/other outside
cat >package.json <<'JSON'
{
  "name": "root", "version": "1.0.0", "private": true, "workspaces": ["packages/*"],
  "dependencies": { "one": "1.0.0", "other": "1.0.0", "outside": "file:outside" }
}
JSON
for path in packages/one packages/other outside; do
  echo "{ \"name\": \"$(basename "$path")\", \"version\": \"1.0.0\" }" >"$path/package.json"
done
npm install --silent --no-audit --no-fund

echo "npm $(npm --version), Node.js $(node --version)"
npm ci --silent
echo "npm ci:                                                    $(ls node_modules | xargs)"
npm ci --silent --workspace=packages/one --include-workspace-root
echo "npm ci --workspace=packages/one --include-workspace-root:  $(ls node_modules | xargs)"
if [ "$(ls node_modules | xargs)" = 'one outside' ]; then
  echo 'As found: "other" is missing, although the root depends on it.'
else
  echo 'Changed.'
  exit 1
fi
