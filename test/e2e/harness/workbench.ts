import fs from 'node:fs';
import path from 'node:path';

import {
  chromium,
  type Browser,
  type FrameLocator,
  type Locator,
  type Page,
} from 'playwright-core';
import { inject } from 'vitest';

import { instanceIn, workbenchUrl, writeSettings } from '../../../scripts/lib/codeServer.mjs';
import { outFolder } from '../../../scripts/lib/paths.mjs';
import { extensionLog, hostLogs, newHostReady } from './extensionHost';
import { testSettings, themes, type Theme } from './settings';
import { until } from './until';

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
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title });
    // The palette lists what can be run at the moment it opens: a command of an editor that is still opening comes with the next.
    let askedAt = -Infinity;
    await until(`the palette offers "${title}"`, async () => {
      if (Date.now() - askedAt > 3_000) {
        await this.page.keyboard.press('Escape');
        await this.quickInput(`>${title}`);
        askedAt = Date.now();
      }
      return row.first().isVisible();
    });
    await row.first().click();
  }

  /** The box that asks for a text, told by its title. */
  inputBox(title: string): Locator {
    return this.page
      .locator('.quick-input-widget')
      .filter({ hasText: title })
      .locator('input[type=text]');
  }

  /** Opens a file of the workspace by its path, as quick open does. */
  async openFile(relativePath: string): Promise<void> {
    await this.quickInput(relativePath);
    const name = path.basename(relativePath);
    // Files opened before stand first until the search has ended: the row is told by its whole name, not by its place.
    const whole = new RegExp(`^${name.replace(/[.]/g, '\\.')}$`);
    const label = this.page.locator('.label-name').filter({ hasText: whole });
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ has: label });
    await row.first().click();
    await this.tab(name).waitFor();
  }

  /** Opens the active file in another editor, as "Reopen Editor With..." does. */
  async reopenWith(editor: string): Promise<void> {
    await this.command('View: Reopen Editor With...');
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: editor });
    await row.first().click();
  }

  /** Closes everything; unsaved changes are lost. */
  async closeEditors(): Promise<void> {
    const tabs = this.page.locator('.tabs-container .tab');
    const discard = this.page.getByRole('button', { name: "Don't Save" });
    await this.command('View: Close All Editors');
    await until('all editors are closed', async () => {
      if (await discard.isVisible()) await discard.click();
      return (await tabs.count()) === 0;
    });
  }

  /** Puts the cursor of the active text editor on the first line that matches on disk. */
  async goTo(line: RegExp): Promise<void> {
    const label = await this.page.locator('.tab.active').first().getAttribute('data-resource-name');
    const file = fs
      .readdirSync(this.folder, { recursive: true, encoding: 'utf8' })
      .find((name) => path.basename(name) === label);
    const number = file
      ? this.read(file)
          .split('\n')
          .findIndex((one) => line.test(one)) + 1
      : 0;
    if (number === 0) throw new Error(`${label} has no line ${line}`);
    await this.quickInput(`:${number}`);
    await this.page.keyboard.press('Enter');
    await until(`the cursor is on ${line}`, async () => line.test(await this.cursorLine()));
  }

  /** Text of the line with the cursor. */
  async cursorLine(): Promise<string> {
    return this.page.evaluate(() => {
      const editor = document.querySelector('.editor-instance .monaco-editor.focused');
      const current = editor?.querySelector('.current-line')?.parentElement;
      const lines = [...(editor?.querySelectorAll<HTMLElement>('.view-line') ?? [])];
      const found = lines.find((line) => line.style.top === current?.style.top);
      return (found?.textContent ?? '').replaceAll('\u00a0', ' ');
    });
  }

  /** Opens the lightbulb's menu and gives its titles; empty where there is nothing to do. */
  async codeActions(): Promise<string[]> {
    const menu = this.page.locator('.action-widget').first();
    const nothing = this.page.locator('.monaco-editor-overlaymessage');
    const answered = async (): Promise<boolean> =>
      (await menu.isVisible()) || (await nothing.isVisible());
    // An editor that is still settling drops the question: a user would press again.
    let askedAt = -Infinity;
    await until('the lightbulb answers', async () => {
      if (await answered()) return true;
      if (Date.now() - askedAt > 3_000) {
        await this.page.keyboard.press('ControlOrMeta+.');
        askedAt = Date.now();
      }
      return answered();
    });
    return (await menu.isVisible()) ? menu.locator('.monaco-list-row.action').allInnerTexts() : [];
  }

  /** Takes an action of the open menu. */
  async chooseCodeAction(title: string): Promise<void> {
    const row = this.page.locator('.action-widget .monaco-list-row.action', { hasText: title });
    await row.first().click();
  }

  /** Chooses a code action of a line of the open file, saves, and gives the text back. */
  async applyCodeAction(relativePath: string, line: RegExp, action: RegExp): Promise<string> {
    await this.goTo(line);
    let title: string | undefined;
    // The first question comes while the parser is still being loaded.
    await until(`the lightbulb offers ${action}`, async () => {
      title = (await this.codeActions()).find((one) => action.test(one));
      if (title === undefined) await this.page.keyboard.press('Escape');
      return title !== undefined;
    });
    const before = this.read(relativePath);
    await this.chooseCodeAction(title ?? '');
    await this.page.keyboard.press('Escape');
    await this.save();
    await until(`${relativePath} is changed`, () => this.read(relativePath) !== before);
    return this.read(relativePath);
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
    await until(`${relativePath} has ${content}`, () => content.test(this.read(relativePath)));
  }

  private async quickInput(text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input[type=text]');
    // The palette is a toggle of focus: the key is lost, or the palette closed again, while the window is still settling.
    await until('the palette is open', async () => {
      if (!(await input.isVisible())) await this.page.keyboard.press('F1');
      return input.fill(text, { timeout: 1_000 }).then(
        () => true,
        () => false,
      );
    });
  }
}

const { publisher, name } = JSON.parse(
  fs.readFileSync(path.join(outFolder, '..', 'package.json'), 'utf8'),
) as { publisher?: string; name: string };
const extensionId = `${publisher ?? 'undefined_publisher'}.${name}`;
