/**
 * Runs in the extension host beside what is measured. A timer that is due every 5 ms and comes late tells how long the thread was
 * busy, or waited for a core: the processor time that the thread had meanwhile tells the one from the other.
 */
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const periodMs = 5;
const reportedMs = 5;
const flushMs = 200;

exports.activate = () => {
  const folder = process.env['REGLENS_HOST_PROBE'];
  if (!folder) return;
  const file = path.join(folder, `${process.pid}.jsonl`);
  let lines = [{ ready: Date.now() }];
  let last = performance.now();
  let lastCpu = cpuMs();
  setInterval(() => {
    const now = performance.now();
    const cpu = cpuMs();
    const late = now - last - periodMs;
    if (late >= reportedMs) {
      lines.push({ end: Date.now(), late, cpu: cpu === undefined ? null : cpu - lastCpu });
    }
    last = now;
    lastCpu = cpu;
  }, periodMs);
  setInterval(() => {
    if (lines.length === 0) return;
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    lines = [];
    fs.appendFile(file, text, () => {});
  }, flushMs);
};

/** Since Node 23.9. */
function cpuMs() {
  if (!process.threadCpuUsage) return undefined;
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
