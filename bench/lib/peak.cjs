/** Loaded before a program (`node --require`): writes the peak of its resident memory, all threads together, when it ends. */
'use strict';
const fs = require('node:fs');
const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  process.once('exit', () => {
    // Kilobytes, everywhere; on Linux the same as VmHWM of /proc/self/status.
    fs.writeFileSync(process.env['REGLENS_PEAK_FILE'], String(process.resourceUsage().maxRSS));
  });
}
