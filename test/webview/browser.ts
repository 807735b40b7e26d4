import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import path from 'node:path';

import { chromium, type Browser, type Page } from 'playwright-core';

import { readBundles, root } from './bundle';
import { themes, type ThemeName } from './themes';

export type PageKind = 'inspector' | 'compare' | 'series';
export type Scene = 'small' | 'large' | 'partial' | 'failure' | 'absent';

export interface Options {
  /** Which page: one checkpoint, the comparison of two, or a run over time. */
  readonly kind?: PageKind;
  readonly scene?: Scene;
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
}

export interface Stage {
  /** Opens the page as VS Code would: same HTML, same content security policy, theme variables on the root. */
  open(options?: Options): Promise<Page>;
  close(): Promise<void>;
}

/** Starts a server with the built page, and a browser. */
export async function openStage(): Promise<Stage> {
  const files = await filesOf();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const file = files.get(url.pathname);
    if (file) response.writeHead(200, { 'content-type': file.type }).end(file.body);
    else if (url.pathname !== '/') response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'text/html' }).end(pageFor(url));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
    ],
  });
  return {
    open: (options) => openPage(browser, server, options),
    close: async () => {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function openPage(browser: Browser, server: Server, options: Options = {}): Promise<Page> {
  const {
    kind = 'inspector',
    scene = 'small',
    theme = 'dark',
    width = 1500,
    height = 900,
  } = options;
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port');
  const page = await browser.newPage({ viewport: { width, height } });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('close', () => {
    if (errors.length > 0) throw new Error(`The page reported: ${errors.join('; ')}`);
  });
  await page.goto(`http://localhost:${address.port}/?kind=${kind}&scene=${scene}&theme=${theme}`);
  await page.locator('.page h1').waitFor();
  return page;
}

interface File {
  readonly type: string;
  readonly body: string | Buffer;
}

async function filesOf(): Promise<ReadonlyMap<string, File>> {
  const bundles = await readBundles();
  const icons = path.join(root, 'node_modules/@vscode/codicons/dist');
  const css = await readFile(path.join(root, 'media/webview.css'), 'utf8');
  return new Map<string, File>([
    ['/webview.js', { type: 'text/javascript', body: bundles.page }],
    ['/fakeHost.js', { type: 'text/javascript', body: bundles.fakeHost }],
    ['/compareHost.js', { type: 'text/javascript', body: bundles.compareHost }],
    ['/seriesHost.js', { type: 'text/javascript', body: bundles.seriesHost }],
    ['/webview.css', { type: 'text/css', body: css }],
    [
      '/codicon.css',
      { type: 'text/css', body: await readFile(path.join(icons, 'codicon.css'), 'utf8') },
    ],
    ['/codicon.ttf', { type: 'font/ttf', body: await readFile(path.join(icons, 'codicon.ttf')) }],
    ['/favicon.ico', { type: 'image/x-icon', body: '' }],
  ]);
}

function pageFor(url: URL): string {
  const { bodyClass, variables } = themes[themeOf(url.searchParams.get('theme'))];
  const kind = kindOf(url.searchParams.get('kind'));
  const host = { inspector: 'fakeHost', compare: 'compareHost', series: 'seriesHost' }[kind];
  const nonce = randomBytes(16).toString('base64');
  const style = Object.entries(variables)
    .map(([name, value]) => `--vscode-${name}:${value}`)
    .join(';')
    .replaceAll('"', '&quot;');
  const policy = [
    `default-src 'none'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `style-src 'self' 'unsafe-inline'`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en" style="${style}">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>RegLens</title>
    <link rel="stylesheet" href="/codicon.css" id="vscode-codicon-stylesheet" />
    <link rel="stylesheet" href="/webview.css" />
    <script nonce="${nonce}" src="/${host}.js"></script>
  </head>
  <body class="${bodyClass}">
    <main id="app" data-page="${kind}"></main>
    <script nonce="${nonce}" src="/webview.js"></script>
  </body>
</html>`;
}

function kindOf(name: string | null): PageKind {
  return name === 'compare' || name === 'series' ? name : 'inspector';
}

function themeOf(name: string | null): ThemeName {
  return name === 'light' || name === 'contrast' ? name : 'dark';
}
