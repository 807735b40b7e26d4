import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

import webpack, { type Configuration } from 'webpack';

export const root = path.join(import.meta.dirname, '../..');

export interface Bundles {
  readonly page: string;
  readonly fakeHost: string;
  readonly compareHost: string;
  readonly seriesHost: string;
}

const output = path.join(root, 'out/webview');

/** Before all tests, once: builds the page with the configuration that ships, and the hosts that stand in for VS Code. */
export default async function buildBundles(): Promise<void> {
  const configuration = shippedConfiguration();
  const compiler = webpack({
    ...configuration,
    entry: {
      webview: './webview/index.ts',
      fakeHost: './test/webview/fakeHost.ts',
      compareHost: './test/webview/compareHost.ts',
      seriesHost: './test/webview/seriesHost.ts',
    },
    devtool: false,
    output: { ...configuration.output, path: output },
  });
  await new Promise<void>((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error) reject(error);
      else if (stats?.hasErrors()) reject(new Error(stats.toString({ colors: false })));
      else resolve();
    });
  });
}

/** What was built before the tests. */
export async function readBundles(): Promise<Bundles> {
  return {
    page: await readFile(path.join(output, 'webview.js'), 'utf8'),
    fakeHost: await readFile(path.join(output, 'fakeHost.js'), 'utf8'),
    compareHost: await readFile(path.join(output, 'compareHost.js'), 'utf8'),
    seriesHost: await readFile(path.join(output, 'seriesHost.js'), 'utf8'),
  };
}

function shippedConfiguration(): Configuration {
  const makers = createRequire(import.meta.url)(path.join(root, 'webpack.config.js')) as readonly ((
    env: unknown,
    argv: { readonly mode: string },
  ) => Configuration)[];
  const found = makers
    .map((make) => make({}, { mode: 'development' }))
    .find(({ name }) => name === 'webview');
  if (!found) throw new Error('webpack.config.js has no bundle called webview');
  return found;
}
