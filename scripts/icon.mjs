/** `node scripts/icon.mjs`: renders media/icon.svg to the PNG that the marketplace wants. */
import fs from 'node:fs';
import path from 'node:path';

import { chromium } from 'playwright-core';

import { root } from './lib/paths.mjs';
import { findBrowser } from './lib/prerequisites.mjs';

const size = 256;
const executablePath = findBrowser();
if (!executablePath) throw new Error('No Chromium was found: install it or set CHROMIUM');
const svg = fs.readFileSync(path.join(root, 'media/icon.svg'), 'utf8');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${svg}`);
  await page.screenshot({ path: path.join(root, 'media/icon.png'), omitBackground: true });
} finally {
  await browser.close();
}
