/**
 * `npm run screenshots`: the pictures of README, taken from the installed extension in real VS Code, light and dark, into
 * media/screenshots/.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { chromium } from 'playwright-core';

import { build, isBuilt } from './lib/build.mjs';
import {
  freePort,
  installExtension,
  instanceIn,
  quietSettings,
  startCodeServer,
  workbenchUrl,
  writeSettings,
} from './lib/codeServer.mjs';
import { outFolder, root } from './lib/paths.mjs';
import { findBrowser, missingForTests, provide } from './lib/prerequisites.mjs';
import { stopOnSignals } from './lib/processes.mjs';
import { provideServer } from './lib/vscodeServer.mjs';
import { writeVsix } from './lib/vsix.mjs';

const target = path.join(root, 'media/screenshots');
const themes = { light: 'Default Light Modern', dark: 'Default Dark Modern' };
const checkpoint = 'digits-l1.safetensors';
const other = 'digits-none.safetensors';
const script = 'train_digits.py';

stopOnSignals();
await provide(missingForTests(), console.log);
const server = await provideServer(console.log);
if (!isBuilt()) await build();
const vsix = path.join(outFolder, 'screenshots', 'reglens.vsix');
await writeVsix(vsix);
fs.mkdirSync(target, { recursive: true });

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reglens-screenshots-'));
const workspace = path.join(folder, 'digits');
fs.cpSync(path.join(root, 'examples/pytorch'), workspace, { recursive: true });
// The earlier of two that are compared is told by its time.
fs.utimesSync(path.join(workspace, 'checkpoints', other), 1_700_000_000, 1_700_000_000);
const instance = instanceIn(folder);
await installExtension(server, instance, vsix);
const executablePath = findBrowser() ?? '';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  for (const [name, theme] of Object.entries(themes)) {
    writeSettings(instance, {
      ...quietSettings,
      'workbench.colorTheme': theme,
      'workbench.reduceMotion': 'on',
      'editor.minimap.enabled': false,
    });
    const running = await startCodeServer(server, instance, await freePort());
    try {
      await picture(name, running.port);
    } finally {
      await running.stop();
    }
  }
} finally {
  await browser.close();
  fs.rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {string} theme
 * @param {number} port
 */
async function picture(theme, port) {
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    deviceScaleFactor: 2,
  });
  const take = (/** @type {string} */ name) =>
    page.screenshot({ path: path.join(target, `${name}-${theme}.png`) });
  const webview = page
    .locator('iframe.webview.ready')
    .filter({ visible: true })
    .first()
    .contentFrame()
    .frameLocator('iframe#active-frame');
  /** Shown only to screen readers; the frame is replaced while it starts, so that each look is a new one. */
  const said = async (/** @type {RegExp} */ text) => {
    for (const end = Date.now() + 120_000; Date.now() < end;) {
      if ((await webview.getByText(text).count()) > 0) return;
      await page.waitForTimeout(200);
    }
    throw new Error(`The page did not say ${text}`);
  };
  /** Puts a text into the palette and takes the entry that has it. */
  const choose = async (/** @type {string} */ entry, command = false) => {
    await page.keyboard.press('F1');
    await page.locator('.quick-input-widget input[type=text]').fill(command ? `>${entry}` : entry);
    await page.locator('.quick-input-list .monaco-list-row', { hasText: entry }).first().click();
  };

  await page.goto(workbenchUrl(port, workspace, path.join(workspace, script)));
  // A lens stands above a layer only when extensions run and the checkpoint is measured.
  await page
    .locator('.codelens-decoration', { hasText: '‖W‖' })
    .first()
    .waitFor({ timeout: 120_000 });
  await take('code');

  await choose(checkpoint);
  await said(/^\s*Analysis finished/);
  await take('table');
  await webview.locator('.row.layer', { hasText: '96×256' }).first().click();
  await webview.locator('[data-chart=cosines] canvas').first().waitFor();
  await take('layer');
  await webview.getByRole('tab', { name: /^Findings/ }).click();
  await webview.locator('.finding').first().waitFor();
  await take('findings');

  await webview.getByRole('button', { name: 'Compare…' }).click();
  await page.locator('.quick-input-list .monaco-list-row', { hasText: other }).first().click();
  await said(/^\s*Comparison finished/);
  await webview.getByRole('rowheader', { name: 'classifier.1', exact: true }).click();
  await webview.locator('[data-chart="cosines-b"] canvas').first().waitFor();
  await take('compare');

  await choose('RegLens: Show Series of a Run', true);
  // Two runs are in the folder.
  await page
    .locator('.quick-input-list .monaco-list-row', { hasText: 'digits-l1' })
    .first()
    .click();
  await webview.getByRole('slider', { name: 'Checkpoint' }).waitFor({ timeout: 120_000 });
  await said(/checkpoints/);
  await page.waitForTimeout(5_000);
  await take('series');
  await page.close();
}
