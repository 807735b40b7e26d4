// @ts-check
'use strict';
const fs = require('node:fs');
const path = require('node:path');

/** Files that run as they are: the parser's WebAssembly, the icon font. The kernels' WebAssembly is compiled beside them. */
const assets = [
  ['web-tree-sitter/web-tree-sitter.wasm', 'web-tree-sitter.wasm'],
  ...['python', 'javascript', 'typescript', 'tsx'].map((language) => [
    `@vscode/tree-sitter-wasm/wasm/tree-sitter-${language}.wasm`,
    `tree-sitter-${language}.wasm`,
  ]),
  ['@vscode/codicons/dist/codicon.css', 'codicon.css'],
  ['@vscode/codicons/dist/codicon.ttf', 'codicon.ttf'],
];

const copyAssets = {
  /** @param {import('webpack').Compiler} compiler */
  apply(compiler) {
    compiler.hooks.afterEmit.tapPromise('copy-assets', async () => {
      for (const [from, to] of assets) {
        fs.copyFileSync(
          path.join(__dirname, 'node_modules', from),
          path.join(__dirname, 'dist', to),
        );
      }
      const { buildKernels } = await import('./scripts/kernels.mjs');
      await buildKernels();
    });
  },
};

/**
 * @param {string} name
 * @param {import('webpack').Configuration} own
 * @returns {(env: unknown, argv: { mode?: string }) => import('webpack').Configuration}
 */
const bundle = (name, own) => (_env, argv) => ({
  name,
  context: __dirname,
  mode: argv.mode === 'development' ? 'development' : 'production',
  devtool: argv.mode === 'development' ? 'source-map' : false,
  performance: { hints: false },
  ...own,
  output: { path: path.join(__dirname, 'dist'), filename: '[name].js', ...own.output },
  resolve: {
    extensions: ['.ts', '.js'],
    // The ES module build of the parser needs import.meta.url, which a bundle has not.
    alias: {
      'web-tree-sitter$': path.join(__dirname, 'node_modules/web-tree-sitter/web-tree-sitter.cjs'),
    },
    ...own.resolve,
  },
  module: {
    rules: [
      {
        test: /\.ts$/,
        exclude: /node_modules/,
        // Types are checked by `npm run check`; a bundle must not be built over a type error, so `npm run build` runs it first.
        use: [
          {
            loader: 'ts-loader',
            options: { transpileOnly: true, compilerOptions: { noEmit: false } },
          },
        ],
      },
      ...(own.module?.rules ?? []),
    ],
    parser: { javascript: { url: false } },
  },
});

module.exports = [
  bundle('node', {
    target: 'node20',
    // One compilation: the HDF5 library is a chunk of its own that worker and command line load when they meet such a file.
    entry: {
      extension: './src/extension.ts',
      worker: './src/worker/index.ts',
      training: './src/worker/training.ts',
      cli: './src/cli/index.ts',
    },
    output: { libraryTarget: 'commonjs2', chunkFilename: '[name].js' },
    externals: { vscode: 'commonjs vscode' },
    // Read from a local disk, and named in the stacks that users send: minifying saves 0.3 MB of the package and costs a minute.
    optimization: { minimize: false },
    // The host takes some small things from the folder that reads and edits training code, whose bulk belongs in its own thread.
    module: { rules: [{ include: path.join(__dirname, 'src', 'training'), sideEffects: false }] },
    plugins: [copyAssets],
  }),
  bundle('webview', {
    target: ['web', 'es2022'],
    entry: { webview: './webview/index.ts' },
  }),
];
