/** In real VS Code, with an extension host that has not run us yet: from opening a file to its table, and how long the host is blocked. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { chromium } from 'playwright-core';

import {
  freePort,
  installExtension,
  instanceIn,
  quietSettings,
  startCodeServer,
  workbenchUrl,
  writeSettings,
} from '../scripts/lib/codeServer.mjs';
import { root, vsceCli } from '../scripts/lib/paths.mjs';
import { findBrowser, missingForTests, provide } from '../scripts/lib/prerequisites.mjs';
import { run } from '../scripts/lib/processes.mjs';
import { provideServer } from '../scripts/lib/vscodeServer.mjs';
import { writeVsix } from '../scripts/lib/vsix.mjs';
import { bar } from './lib/document.mjs';
import { median } from './lib/race.mjs';
import { writeCheckpoint } from './lib/sparseCheckpoints.mjs';

/** What of the analysis is waited for once the first numbers are there. */
const watchMs = 5_000;
const patienceMs = 60_000;
/** A window that has just opened is still busy with itself. */
const settleMs = 3_000;
const log = (line) => process.stdout.write(`  ${line}\n`);

/** @returns {Promise<import('./lib/document.mjs').Result>} */
export async function firstPaint({ quick }) {
  await provide(missingForTests(), log);
  const server = await provideServer(log);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reglens-bench-'));
  const workspace = path.join(folder, 'workspace');
  fs.mkdirSync(workspace);
  fs.writeFileSync(path.join(workspace, 'notes.txt'), 'A text file.\n');
  const sizes = quick ? { '1 MB': 1e6, '1 GB': 1e9 } : { '1 MB': 1e6, '1 GB': 1e9, '8 GB': 8e9 };
  const files = Object.entries(sizes).map(([label, bytes]) => ({
    label,
    ...writeCheckpoint(workspace, `${label.replace(' ', '-')}.safetensors`, bytes),
  }));
  const browser = await chromium.launch({
    executablePath: findBrowser() ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  try {
    const installed = await install(server, folder);
    const measured = [];
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      for (const file of files) {
        const probes = fs.mkdtempSync(path.join(folder, 'probes-'));
        const window = { server, installed, browser, workspace, probes };
        const figures = await measure(window, file.name);
        log(`${file.label}: ${JSON.stringify(figures)}`);
        measured.push({ label: file.label, ...figures });
      }
    }
    return resultOf(files, measured);
  } finally {
    await browser.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** RegLens as its users get it, and the probe. Results of an earlier opening are not kept: each is the first. */
async function install(server, folder) {
  const installed = instanceIn(folder);
  const vsix = path.join(folder, 'reglens.vsix');
  await writeVsix(vsix);
  const probe = path.join(folder, 'probe.vsix');
  const { code, output } = await run(
    process.execPath,
    [vsceCli, 'package', '--no-dependencies', '--skip-license', '--out', probe],
    { cwd: path.join(root, 'bench/hostProbe'), output: 'collect' },
  );
  if (code !== 0) throw new Error(`vsce package failed:\n${output}`);
  writeSettings(installed, { ...quietSettings, 'reglens.cache.maxMB': 0 });
  await installExtension(server, installed, vsix);
  await installExtension(server, installed, probe);
  return installed;
}

/** A server, an extension host and a page of its own for each measurement. */
async function measure({ server, installed, browser, workspace, probes }, name) {
  process.env['REGLENS_HOST_PROBE'] = probes;
  const running = await startCodeServer(server, installed, await freePort());
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  try {
    await context.addInitScript(watchTable);
    const page = await context.newPage();
    await page.goto(workbenchUrl(running.port, workspace));
    await until('the extension host runs', () => blocksIn(probes).ready !== undefined);
    await pause(settleMs);
    const textAt = await open(page, 'notes.txt');
    await page.locator('.tabs-container .tab', { hasText: 'notes.txt' }).first().waitFor();
    await pause(1_000);
    const openedAt = await open(page, name);
    let seen = {};
    await until(`${name} shows numbers`, async () => {
      seen = await seenIn(page);
      return seen.numbers !== undefined;
    });
    await pause(watchMs);
    const { blocks } = blocksIn(probes);
    return {
      rows: seen.rows - openedAt,
      numbers: seen.numbers - openedAt,
      ...longest(blocks, openedAt, openedAt + patienceMs),
      text: longest(blocks, textAt, openedAt).block,
    };
  } finally {
    delete process.env['REGLENS_HOST_PROBE'];
    await context.close();
    await running.stop();
  }
}

/** Opens a file of the workspace by its name, as quick open does; gives the moment of the key. */
async function open(page, name) {
  const input = page.locator('.quick-input-widget input[type=text]');
  await until('quick open is open', async () => {
    if (!(await input.isVisible())) await page.keyboard.press('F1');
    return input.isVisible();
  });
  await input.fill(name);
  const row = page.locator('.quick-input-list .monaco-list-row.focused', { hasText: name });
  await row.first().waitFor();
  const at = Date.now();
  await page.keyboard.press('Enter');
  return at;
}

/**
 * Runs in every document of the page: notes when a frame first has rows of layers, and numbers in them. Looked for by a timer, which
 * goes on when the webview's loader writes its document anew; animation frames do not.
 */
function watchTable() {
  if (window.reglensBench) return;
  const seen = {};
  window.reglensBench = seen;
  const timer = setInterval(() => {
    const rows = document.querySelectorAll('[role=treegrid] .body .row:not(.empty)');
    if (rows.length === 0) return;
    seen.rows ??= Date.now();
    // Only what is measured has a percentage: shares of zeros.
    const cells = [...rows].flatMap((row) => [...row.querySelectorAll('[role=gridcell]')]);
    if (!cells.some((cell) => cell.textContent.includes('%'))) return;
    seen.numbers = Date.now();
    clearInterval(timer);
  }, 8);
}

async function seenIn(page) {
  for (const frame of page.frames()) {
    const seen = await frame
      .evaluate(() => window.reglensBench)
      // Frames come and go while a webview starts.
      .catch(() => undefined);
    if (seen?.rows !== undefined) return seen;
  }
  return {};
}

function blocksIn(folder) {
  const lines = fs
    .readdirSync(folder)
    .flatMap((file) => fs.readFileSync(path.join(folder, file), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return {
    ready: lines.find(({ ready }) => ready !== undefined)?.ready,
    blocks: lines.filter(({ end }) => end !== undefined),
  };
}

/** The longest of the blocks that ended between two moments, and the most processor time that the thread had during one. */
function longest(blocks, from, to) {
  const within = blocks.filter(({ end }) => end >= from && end <= to);
  return {
    block: Math.max(0, ...within.map(({ late }) => late)),
    cpu: within.some(({ cpu }) => cpu === null)
      ? null
      : Math.max(0, ...within.map(({ cpu }) => cpu)),
  };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, isTrue) {
  const deadline = Date.now() + patienceMs;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`Waited ${patienceMs / 1000} s until ${what}`);
    await pause(200);
  }
}

function resultOf(files, measured) {
  const of = (label, figure) => {
    const values = measured.filter((one) => one.label === label).map((one) => one[figure]);
    return values.some((value) => value === null) ? undefined : median(values);
  };
  const ms = (value) => (value === undefined ? '–' : value.toFixed(0));
  const figures = ['rows', 'numbers', 'block', 'cpu', 'text'];
  const values = (figure, unit) =>
    files.map(({ label }) => {
      const value = of(label, figure);
      return { label, value: value === undefined ? undefined : value / unit };
    });
  return {
    tables: [
      {
        caption: 'Milliseconds, medians',
        head: [
          'File',
          'Layers',
          'Table of layers',
          'First numbers',
          'Longest block',
          'Longest computation',
          'Longest block for a text file',
        ],
        rows: files.map(({ label, layerCount }) => [
          label,
          String(layerCount),
          ...figures.map((figure) => ms(of(label, figure))),
        ]),
      },
    ],
    bars: [
      bar('From opening to the table', { below: 1, unit: 's' }, values('rows', 1000)),
      bar('Longest block of the host', { atMost: 50, unit: 'ms', digits: 0 }, values('block', 1)),
      bar(
        'Longest computation of the host during a block',
        { atMost: 50, unit: 'ms', digits: 0 },
        values('cpu', 1),
      ),
    ],
    notes: [
      'Server, extension host and page are new for each opening; the large files are sparse. The table has its layers with shapes and types; numbers come in after that.',
      'Blocks: how late a timer of 5 ms comes in the extension host, from opening the file until five seconds after the first numbers, our activation included. A thread that waits for a core counts as blocked; its longest computation is the most processor time that it had during one block.',
    ],
  };
}
