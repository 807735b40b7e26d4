/** `npm run package`: one universal .vsix in the repository's root, checked. */
import path from 'node:path';
import fs from 'node:fs';

import { build, isBuilt } from './lib/build.mjs';
import { root } from './lib/paths.mjs';
import { stopOnSignals } from './lib/processes.mjs';
import { inspectVsix, writeVsix } from './lib/vsix.mjs';

stopOnSignals();
const { name, version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const file = path.join(root, `${name}-${version}.vsix`);
if (!isBuilt()) await build();
await writeVsix(file);
const { byteLength, entries, faults } = await inspectVsix(file);
for (const entry of entries) {
  console.log(`${String(entry.byteLength).padStart(9)}  ${entry.name}`);
}
for (const fault of faults) console.error(fault);
console.log(`${path.basename(file)}: ${entries.length} files, ${byteLength} bytes`);
process.exitCode = faults.length === 0 ? 0 : 1;
