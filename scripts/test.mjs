/**
 * `npm test`: every stage, or those that are named, in order (`npm test -- unit e2e`). A failing stage does not keep the later ones
 * from running. Where all are wanted, stages that leave cores idle run beside each other. Ends with one line, `N passed, N failed`.
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

/** Stages that can run while others do: none of them times anything, or needs what another one makes. */
const lanes = [
  ['types', 'effects', 'fuzz'],
  ['lint', 'build'],
];

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
  const all = Object.keys(stages);
  const lines =
    wanted.length > 0
      ? await inOrder(all.filter((name) => wanted.includes(name)))
      : [
          ...(await inOrder(['prepare'])),
          ...(await besideEachOther()),
          ...(await inOrder(
            all.filter((name) => name !== 'prepare' && !lanes.flat().includes(name)),
          )),
        ];
  const counts = lines.map(readLine).reduce(add);
  console.log(`\n${lines.join('\n')}\n`);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

/**
 * @param {readonly string[]} names
 * @returns {Promise<string[]>} one line a stage
 */
async function inOrder(names) {
  const lines = [];
  for (const name of names) {
    console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 70 - name.length))}`);
    const startedAt = Date.now();
    const counts = await (stages[name] ?? absent)();
    const line = lineOf(name, counts, (Date.now() - startedAt) / 1000);
    console.log(line);
    lines.push(line);
  }
  return lines;
}

/** Each lane is this program, for its stages; what it prints is shown when it has ended. */
async function besideEachOther() {
  console.log(`\nBeside each other: ${lanes.map((names) => names.join(', ')).join('; ')}`);
  const done = await Promise.all(
    lanes.map(async (names) => {
      const program = path.join(root, 'scripts/test.mjs');
      const { output } = await run(process.execPath, [program, ...names], {
        cwd: root,
        output: 'collect',
        timeoutMs: 20 * minute,
      });
      console.log(output.trimEnd().split('\n').slice(0, -1).join('\n').trimEnd());
      const lines = output.split('\n');
      return names.map(
        (name) =>
          lines.find((line) => line.startsWith(name) && / passed, \d+ failed/.test(line)) ??
          lineOf(name, one(false), 0),
      );
    }),
  );
  return done.flat();
}

/** @returns {Promise<Counts>} */
function absent() {
  return Promise.resolve(one(false));
}

/**
 * @param {string} name
 * @param {Counts} counts
 * @param {number} seconds
 */
function lineOf(name, { passed, failed, skipped }, seconds) {
  const others = skipped > 0 ? `, ${skipped} skipped` : '';
  return `${name.padEnd(8)} ${passed} passed, ${failed} failed${others} (${seconds.toFixed(1)} s)`;
}

/**
 * @param {string} line as `lineOf` writes it
 * @returns {Counts}
 */
function readLine(line) {
  const count = (/** @type {string} */ word) =>
    Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
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
      timeoutMs: 10 * minute,
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
