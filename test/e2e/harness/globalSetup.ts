import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';

import { build, isBuilt } from '../../../scripts/lib/build.mjs';
import {
  freePort,
  installExtension,
  instanceIn,
  startCodeServer,
  writeSettings,
} from '../../../scripts/lib/codeServer.mjs';
import { outFolder } from '../../../scripts/lib/paths.mjs';
import { findBrowser, missingForTests, provide } from '../../../scripts/lib/prerequisites.mjs';
import { stopOnSignals } from '../../../scripts/lib/processes.mjs';
import { provideServer } from '../../../scripts/lib/vscodeServer.mjs';
import { writeVsix } from '../../../scripts/lib/vsix.mjs';
import { browserFlags } from './browser';
import { testSettings } from './settings';

declare module 'vitest' {
  interface ProvidedContext {
    port: number;
    browser: string;
    /** Folder of the served VS Code: settings, logs. */
    instance: string;
    /** Folder for workspaces; removed at the end. */
    workspaces: string;
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Installs the package in a fresh VS Code, starts it and a browser, and ends both when the tests are done. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  stopOnSignals();
  await provide(missingForTests(), say);
  const executablePath = findBrowser();
  if (!executablePath) throw new Error('No Chromium was found');
  const server = await provideServer(say);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reglens-e2e-'));
  const instance = instanceIn(folder);
  writeSettings(instance, testSettings('light'));
  await installExtension(server, instance, await packaged());
  const running = await startCodeServer(server, instance, await freePort());
  const browser = await chromium.launchServer({
    executablePath,
    headless: true,
    args: browserFlags,
  });
  const workspaces = path.join(folder, 'workspaces');
  fs.mkdirSync(workspaces);
  project.provide('port', running.port);
  project.provide('browser', browser.wsEndpoint());
  project.provide('instance', folder);
  project.provide('workspaces', workspaces);
  return async () => {
    await browser.close();
    await running.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  };
}

/** REGLENS_VSIX, or a package made now. */
async function packaged(): Promise<string> {
  const given = process.env['REGLENS_VSIX'];
  if (given) return path.resolve(given);
  const file = path.join(outFolder, 'test', 'reglens.vsix');
  if (!isBuilt()) await build();
  await writeVsix(file);
  return file;
}
