import tseslint from 'typescript-eslint';

/** Who may import whom; the table of CONTRIBUTING.md. Everything not listed is refused. */
const mayImport = {
  core: [],
  io: ['core'],
  formats: ['core'],
  kernels: ['core'],
  metrics: ['core', 'kernels'],
  analysis: ['core', 'formats', 'metrics', 'kernels', 'protocol'],
  findings: ['core'],
  training: ['core'],
  protocol: ['core'],
  worker: [
    'core',
    'io',
    'formats',
    'analysis',
    'metrics',
    'kernels',
    'findings',
    'training',
    'protocol',
  ],
  cli: [
    'core',
    'io',
    'formats',
    'analysis',
    'metrics',
    'kernels',
    'findings',
    'training',
    'protocol',
    'worker',
  ],
  // Which files are one run, and what changed in it: plain functions over names and numbers.
  host: ['core', 'training', 'findings', 'protocol', 'analysis/runs'],
};
const folders = Object.keys(mayImport);
const usesNode = ['io', 'worker', 'cli', 'host'];

const nodeModules = {
  regex: '^node:',
  message: 'This folder knows no Node: take what it needs as an argument.',
};
const vscodeModule = {
  regex: '^vscode$',
  message: 'Only src/host and extension.ts import vscode.',
};
const nodeGlobals = ['process', 'Buffer', '__dirname', '__filename', 'require', 'setImmediate'].map(
  (name) => ({
    name,
    message: 'A global of Node in a folder that knows no Node.',
  }),
);

const rulesFor = (folder) => {
  const refused = folders
    .filter((other) => other !== folder && !mayImport[folder].includes(other))
    .map((other) => {
      const inside = mayImport[folder].filter((allowed) => allowed.startsWith(`${other}/`));
      return inside.reduce(
        (pattern, allowed) => `${pattern}(?!${allowed.slice(other.length)}(/|$))`,
        other,
      );
    });
  const patterns = [
    {
      regex: `^(\\.\\./)+(${refused.join('|')})(/|$)`,
      message: `src/${folder} may import ${mayImport[folder].join(', ') || 'nothing'}.`,
    },
    { regex: '^(\\.\\./)+webview(/|$)', message: 'Nothing imports the webview.' },
    ...(usesNode.includes(folder) ? [] : [nodeModules]),
    ...(folder === 'host' ? [] : [vscodeModule]),
  ];
  return {
    files: [`src/${folder}/**/*.ts`],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns }],
      ...(usesNode.includes(folder) ? {} : { 'no-restricted-globals': ['error', ...nodeGlobals] }),
    },
  };
};

export default tseslint.config(
  {
    ignores: [
      'dist',
      'out',
      'node_modules',
      'examples',
      'scripts/vscode/node_modules',
      'test/fixtures',
      'src/kernels/wasm/assembly',
      '**/.venv',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // Inner numeric loops: a branch per element for noUncheckedIndexedAccess would cost more than it finds.
    files: [
      'src/kernels/**/*.ts',
      'src/metrics/**/*.ts',
      'src/analysis/**/*.ts',
      'src/formats/**/*.ts',
    ],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  ...folders.map(rulesFor),
  {
    files: ['webview/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            nodeModules,
            vscodeModule,
            {
              regex: `^(\\.\\./)+src/(?!core/|protocol/)`,
              message: 'The webview imports core and protocol only.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts', 'vitest.config.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      'max-lines': 'off',
    },
  },
);
