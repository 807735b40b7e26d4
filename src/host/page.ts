import { randomBytes } from 'node:crypto';

import { Uri, type Webview } from 'vscode';

/** What a page shows: one checkpoint, the comparison of two, or those of a run over time. */
export type PageKind = 'inspector' | 'compare' | 'series';

/** The webview's page: static and empty. Everything it shows comes by message, as text. */
export function pageHtml(webview: Webview, extensionUri: Uri, kind: PageKind): string {
  const nonce = randomBytes(16).toString('base64');
  const at = (...path: string[]): string =>
    webview.asWebviewUri(Uri.joinPath(extensionUri, ...path)).toString();
  const policy = [
    "default-src 'none'",
    // Charts copied as pictures.
    `img-src ${webview.cspSource} data:`,
    // The icon font.
    `font-src ${webview.cspSource}`,
    // Charts and controls set style attributes.
    `style-src ${webview.cspSource} 'unsafe-inline'`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>RegLens</title>
    <link rel="stylesheet" id="vscode-codicon-stylesheet" href="${at('dist', 'codicon.css')}" />
    <link rel="stylesheet" href="${at('media', 'webview.css')}" />
  </head>
  <body>
    <main id="app" data-page="${kind}"></main>
    <script nonce="${nonce}" src="${at('dist', 'webview.js')}"></script>
  </body>
</html>`;
}
