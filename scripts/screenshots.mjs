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
  await page.goto(workbenchUrl(port, workspace, path.join(workspace, script)));
  // A lens stands above a layer only when extensions run and the checkpoint is measured.
  await page.locator('.codelens-decoration', { hasText: '‖W‖' }).first().waitFor();
  await page.screenshot({ path: path.join(target, `code-${theme}.png`) });

  await page.keyboard.press('F1');
  await page.locator('.quick-input-widget input[type=text]').fill(checkpoint);
  await page
    .locator('.quick-input-list .monaco-list-row', { hasText: checkpoint })
    .first()
    .waitFor();
  await page.keyboard.press('Enter');
  const inspector = page
    .locator('iframe.webview.ready')
    .filter({ visible: true })
    .first()
    .contentFrame()
    .frameLocator('iframe#active-frame');
  await inspector.getByText(/^Analysis finished/).waitFor({ state: 'attached' });
  await page.screenshot({ path: path.join(target, `table-${theme}.png`) });

  await inspector.locator('.row.layer', { hasText: '96×256' }).first().click();
  await inspector.locator('[data-chart=cosines] canvas').first().waitFor();
  await page.screenshot({ path: path.join(target, `layer-${theme}.png`) });
  await page.close();
}
