/**
 * `npm test`: every stage in order, or those that are named (`npm test -- unit e2e`). A failing stage does not keep the later ones
 * from running. Ends with one line, `N passed, N failed`.
 */
import fs from 'node:fs';
import path from 'node:path';

import { build, isBuilt } from './lib/build.mjs';
import { runEffects } from './lib/effects.mjs';
import { eslintCli, outFolder, prettierCli, root, tscCli, vitestCli } from './lib/paths.mjs';
import { missingForTests, provide } from './lib/prerequisites.mjs';
import { run, stopOnSignals } from './lib/processes.mjs';
import { add, one, readCounts } from './lib/results.mjs';
import { provideServer } from './lib/vscodeServer.mjs';
import { inspectVsix, writeVsix } from './lib/vsix.mjs';

/** @typedef {import('./lib/results.mjs').Counts} Counts */

const minute = 60_000;
const reports = path.join(outFolder, 'test');
const vsix = path.join(reports, 'reglens.vsix');

/** @type {Readonly<Record<string, () => Promise<Counts>>>} */
const stages = {
  prepare,
  types: () =>
    programs([
      [tscCli, '-p', '.'],
      [tscCli, '-p', 'webview'],
      [tscCli, '-p', 'test/webview'],
      [tscCli, '-p', 'test/cli'],
      [tscCli, '-p', 'test/e2e'],
    ]),
  lint: () =>
    programs([
      [eslintCli, '.'],
      [prettierCli, '--check', '--log-level', 'warn', '.'],
    ]),
  unit: () => vitest('unit', 'vitest.config.ts', 12 * minute),
  effects: () => runEffects(reports),
  build: () => attempt(build),
  fuzz: () => programs([[path.join(root, 'scripts/fuzz.mjs'), '--inputs', '2000', '--seed', '1']]),
  webview: () => vitest('webview', 'vitest.webview.config.ts', 10 * minute),
  package: () => attempt(packageExtension),
  cli: () => built(() => vitest('cli', 'test/cli/vitest.config.mts', 5 * minute)),
  e2e: () => built(() => vitest('e2e', 'test/e2e/vitest.config.mts', 20 * minute)),
};

stopOnSignals();
process.exitCode = await main(process.argv.slice(2));

/** @param {readonly string[]} wanted */
async function main(wanted) {
  const unknown = wanted.filter((name) => !Object.hasOwn(stages, name));
  if (unknown.length > 0) {
    console.error(`No stage ${unknown.join(', ')}. Stages: ${Object.keys(stages).join(', ')}`);
    return 2;
  }
  fs.mkdirSync(reports, { recursive: true });
  /** @type {Counts} */
  let total = { passed: 0, failed: 0, skipped: 0 };
  const lines = [];
  for (const [name, stage] of Object.entries(stages)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 70 - name.length))}`);
    const startedAt = Date.now();
    const counts = await stage();
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    const line =
      `${name.padEnd(8)} ${counts.passed} passed, ${counts.failed} failed` +
      `${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''} (${seconds} s)`;
    console.log(line);
    lines.push(line);
    total = add(total, counts);
  }
  console.log(`\n${lines.join('\n')}\n`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

/** A browser and VS Code, before anything that takes minutes needs them. */
async function prepare() {
  const browser = await attempt(() => provide(missingForTests(), console.log));
  const server = await attempt(() => provideServer(console.log));
  return add(browser, server);
}

/**
 * Runs programs of our dependencies, each of which counts as one test.
 *
 * @param {readonly (readonly string[])[]} commands
 */
async function programs(commands) {
  /** @type {Counts} */
  let counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [program = '', ...args] of commands) {
    const shown = `${path.basename(program).replace(/\..*/, '')} ${args.join(' ')}`;
    const { code, timedOut } = await run(process.execPath, [program, ...args], {
      cwd: root,
      timeoutMs: 5 * minute,
    });
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${shown}${timedOut ? ' (took too long)' : ''}`);
    counts = add(counts, one(code === 0));
  }
  return counts;
}

/**
 * @param {string} name
 * @param {string} config
 * @param {number} timeoutMs
 * @returns {Promise<Counts>}
 */
async function vitest(name, config, timeoutMs) {
  const report = path.join(reports, `${name}.json`);
  fs.rmSync(report, { force: true });
  const { code, timedOut } = await run(
    process.execPath,
    [
      ...[vitestCli, 'run', '--config', config],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ],
    { cwd: root, timeoutMs, env: { ...process.env, REGLENS_VSIX: vsix } },
  );
  if (timedOut) console.error(`${name}: stopped after ${timeoutMs / minute} minutes`);
  const counts = readCounts(report);
  // An error outside of tests fails the run and no test.
  return code !== 0 && counts.failed === 0 ? add(counts, one(false)) : counts;
}

async function packageExtension() {
  if (!isBuilt()) await build();
  await writeVsix(vsix);
  const { byteLength, entries, faults } = await inspectVsix(vsix);
  for (const { name, byteLength } of entries) {
    console.log(`${String(byteLength).padStart(9)}  ${name}`);
  }
  console.log(`${entries.length} files, ${byteLength} bytes packed`);
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

/**
 * A stage on what is built, when it runs by itself too.
 *
 * @param {() => Promise<Counts>} stage
 */
async function built(stage) {
  const ready = await attempt(async () => {
    if (!isBuilt()) await build();
    await writeVsix(vsix);
  });
  return ready.failed > 0 ? ready : stage();
}

/**
 * @param {() => Promise<unknown>} action
 * @returns {Promise<Counts>}
 */
async function attempt(action) {
  try {
    await action();
    return one(true);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return one(false);
  }
}
