import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(fileURLToPath(new URL('..', import.meta.url)));
const entry = 'src/kernels/wasm/assembly/index.ts';

/** 1.5 GiB. */
const maximumPages = 24576;

const options = [
  ...['-O3', '--noAssert', '--runtime', 'stub'],
  ...['--maximumMemory', String(maximumPages)],
];

/** Two builds: fused multiply-add where the engine has relaxed SIMD, and without. */
const builds = {
  'kernels.wasm': ['simd', 'bulk-memory'],
  'kernels-relaxed.wasm': ['simd', 'bulk-memory', 'relaxed-simd'],
};

/**
 * Compiles the WebAssembly kernels.
 *
 * @returns {Promise<Record<keyof typeof builds, Uint8Array>>} file name → module
 */
export async function compileKernels() {
  const require = createRequire(import.meta.url);
  const compiler = pathToFileURL(require.resolve('assemblyscript/dist/asc.js')).href;
  const { main } = await import(compiler);
  const modules = {};
  for (const [name, features] of Object.entries(builds)) {
    const messages = [];
    const { error } = await main(
      [entry, ...options, '--enable', features.join(','), '--outFile', name],
      {
        readFile: (file, folder) => {
          const found = path.resolve(root, folder, file);
          return fs.existsSync(found) ? fs.readFileSync(found, 'utf8') : null;
        },
        writeFile: (file, content) => {
          if (file === name) modules[name] = content;
        },
        listFiles: () => [],
        stdout: { write: () => true },
        stderr: { write: (text) => messages.push(String(text)) > 0 },
      },
    );
    if (error || !modules[name]) {
      throw new Error(`The kernels do not compile:\n${messages.join('')}${error?.message ?? ''}`);
    }
  }
  return modules;
}

/** Compiles into `dist/`. @param {string} [folder] */
export async function buildKernels(folder = path.join(root, 'dist')) {
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(await compileKernels())) {
    fs.writeFileSync(path.join(folder, name), content);
  }
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await buildKernels();
}
