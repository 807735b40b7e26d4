import { workspace, type Uri } from 'vscode';

/** Settings with the defaults of package.json; a test keeps the two alike. Read at use, never kept. */
export const settingDefaults = {
  'analysis.maxSpectrumSide': 4096,
  'analysis.budgetSeconds': 60,
  'analysis.reloadOnChange': true,
  'codeLens.enabled': true,
  'codeLens.measureUpToMB': 256,
} as const;

export type Setting = keyof typeof settingDefaults;

/** The value if the workspace gives one of the right type, else the default: settings of a stranger's workspace are input. */
export function setting<S extends Setting>(
  name: S,
  scope?: Uri,
): (typeof settingDefaults)[S] extends boolean ? boolean : number {
  const value: unknown = workspace.getConfiguration('reglens', scope).get(name);
  const fallback = settingDefaults[name];
  const valid =
    typeof value === typeof fallback &&
    (typeof value !== 'number' || (Number.isFinite(value) && value >= 0));
  return (valid ? value : fallback) as ReturnType<typeof setting<S>>;
}
