import fs from 'node:fs';
import path from 'node:path';

import {
  chromium,
  type Browser,
  type FrameLocator,
  type Locator,
  type Page,
} from 'playwright-core';
import { expect, inject } from 'vitest';

import { instanceIn, workbenchUrl, writeSettings } from '../../../scripts/lib/codeServer.mjs';
import { outFolder } from '../../../scripts/lib/paths.mjs';
import { extensionLog, hostLogs, newHostReady } from './extensionHost';
import { testSettings, themes, type Theme } from './settings';

export interface WorkbenchOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  /** Settings beside those of every test. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A window of real VS Code on a workspace folder, driven as a user would: keyboard, mouse, what is on the screen. */
export class Workbench {
  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
    readonly folder: string,
    /** What the window and its webviews said on the console as an error. */
    readonly consoleErrors: readonly string[],
  ) {}

  /** Opens a window and waits until extensions run: before that a custom editor would open as text. */
  static async open(folder: string, options: WorkbenchOptions = {}): Promise<Workbench> {
    const { theme = 'light', width = 1400, height = 900, settings = {} } = options;
    const instance = instanceIn(inject('instance'));
    writeSettings(instance, { ...testSettings(theme), ...settings });
    const browser = await chromium.connect(inject('browser'));
    const context = await browser.newContext({
      viewport: { width, height },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    const consoleErrors: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') consoleErrors.push(message.text());
    });
    page.on('pageerror', (error) => consoleErrors.push(error.message));
    const known = hostLogs(instance.userData);
    await page.goto(workbenchUrl(inject('port'), folder));
    await page.locator(`.monaco-workbench.${themes[theme].workbenchClass}`).waitFor();
    await newHostReady(instance.userData, known);
    return new Workbench(browser, page, folder, consoleErrors);
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  /** Runs a command of the palette by its whole title, category included. */
  async command(title: string): Promise<void> {
    await this.quickInput(`>${title}`);
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title });
    await row.first().click();
  }

  /** Opens a file of the workspace by its path, as quick open does. */
  async openFile(relativePath: string): Promise<void> {
    await this.quickInput(relativePath);
    const name = path.basename(relativePath);
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: name });
    await row.first().waitFor();
    await this.page.keyboard.press('Enter');
    await this.tab(name).waitFor();
  }

  tab(label: string): Locator {
    return this.page.locator('.tabs-container .tab', { hasText: label }).first();
  }

  /** The document inside the n-th visible webview: page > frame of VS Code > ours. */
  webview(index = 0): FrameLocator {
    return this.page
      .locator('iframe.webview.ready')
      .filter({ visible: true })
      .nth(index)
      .contentFrame()
      .frameLocator('iframe#active-frame');
  }

  /** Lines of the text editor that are on the screen. */
  async visibleLines(): Promise<string[]> {
    const lines = await this.page.locator('.editor-instance .view-line').allTextContents();
    return lines.map((line) => line.replaceAll('\u00a0', ' '));
  }

  /** Notifications on the screen. */
  notifications(): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item-message');
  }

  async save(): Promise<void> {
    await this.page.keyboard.press('ControlOrMeta+s');
    await this.page.locator('.tab.active:not(.dirty)').first().waitFor();
  }

  /** Text of a file of the workspace as it is on disk. */
  read(relativePath: string): string {
    return fs.readFileSync(path.join(this.folder, relativePath), 'utf8');
  }

  /** Loads the window again, as after a restart, and waits until extensions run. */
  async reload(): Promise<void> {
    const { userData } = instanceIn(inject('instance'));
    const known = hostLogs(userData);
    await this.page.reload();
    await this.page.locator('.monaco-workbench').waitFor();
    await newHostReady(userData, known);
  }

  /** A picture below `out/e2e/`. */
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: path.join(outFolder, 'e2e', `${name}.png`) });
  }

  /** What the extension logged, in all windows so far. */
  log(): string {
    return extensionLog(instanceIn(inject('instance')).userData, extensionId);
  }

  /** Waits until a file of the workspace has a content. */
  async waitForDisk(relativePath: string, content: RegExp): Promise<void> {
    await expect.poll(() => this.read(relativePath), { timeout: 20_000 }).toMatch(content);
  }

  private async quickInput(text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input[type=text]');
    // The palette is a toggle of focus: the key is lost while the window is still settling.
    await expect
      .poll(
        async () => {
          if (!(await input.isVisible())) await this.page.keyboard.press('F1');
          return input.isVisible();
        },
        { timeout: 20_000 },
      )
      .toBe(true);
    await input.fill(text);
  }
}

const { publisher, name } = JSON.parse(
  fs.readFileSync(path.join(outFolder, '..', 'package.json'), 'utf8'),
) as { publisher?: string; name: string };
const extensionId = `${publisher ?? 'undefined_publisher'}.${name}`;
