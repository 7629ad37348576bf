#!/usr/bin/env bash
# @node-rs/argon2 2.1 and later gives the memory of each hash back to the system, whatever its allocator is configured to do.
#
# Version    @node-rs/argon2 2.0.2 and 2.2.1, Linux x64 with glibc
# Behavior   The addon brings mimalloc. In 2.0.2, MIMALLOC_PURGE_DELAY=-1 keeps the 19 MiB of a hash for the next one: a
#            hash then causes almost no page faults. Since 2.1 each hash maps its own memory, with huge pages where the
#            system offers them, and unmaps it afterwards. The option is still read, and changes nothing. 2.1 also
#            needs half of the time for a hash, so going back is no way out.
# Source     strace: one mmap, one madvise(MADV_HUGEPAGE) and one munmap for each hash. The release notes say nothing.
# Why        To keep that memory is a known way to save a fifth of a hash. With an update, the setting loses its effect
#            without a word, and the memory of the process no longer depends on it either.
#
# Needs Linux, node 20 and npm. Everything goes into a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund old@npm:@node-rs/argon2@2.0.2 new@npm:@node-rs/argon2@2.2.1
cat >faults.mjs <<'JS'
const { hash } = await import(process.argv[2])
const parameters = { memoryCost: 19456, timeCost: 2, parallelism: 1 }
const hashes = async (count) => {
  for (let i = 0; i < count; i++) await hash('a password', parameters)
}
await hashes(10)
const before = process.resourceUsage().minorPageFault
await hashes(20)
console.log(Math.round((process.resourceUsage().minorPageFault - before) / 20))
JS
export UV_THREADPOOL_SIZE=1
old=$(node faults.mjs old) old_kept=$(MIMALLOC_PURGE_DELAY=-1 node faults.mjs old)
new=$(node faults.mjs new) new_kept=$(MIMALLOC_PURGE_DELAY=-1 node faults.mjs new)
echo "Node.js $(node --version); page faults for each hash, by default and with MIMALLOC_PURGE_DELAY=-1"
echo "@node-rs/argon2 2.0.2: $old and $old_kept"
echo "@node-rs/argon2 2.2.1: $new and $new_kept"
if ((old_kept * 5 < old && new_kept * 2 > new)); then
  echo 'As found: the option keeps the memory in 2.0.2, and has no effect in 2.2.1.'
else
  echo 'Changed.'
  exit 1
fi
