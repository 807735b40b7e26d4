import { workspace, type Uri } from 'vscode';

import { settingDefaults, type Setting, type TableSetting } from './contributions';

type SettingValue<S extends Setting> = (typeof settingDefaults)[S] extends boolean
  ? boolean
  : (typeof settingDefaults)[S] extends string
    ? string
    : number;

/**
 * A setting, read at use and never kept: the value if there is one of the right type, else the default. Settings of a stranger's
 * workspace are input.
 */
export function setting<S extends Setting>(name: S, scope?: Uri): SettingValue<S> {
  const value: unknown = workspace.getConfiguration('reglens', scope).get(name);
  const fallback = settingDefaults[name];
  const isValid =
    typeof value === typeof fallback &&
    (typeof value !== 'number' || (Number.isFinite(value) && value >= 0));
  return (isValid ? value : fallback) as SettingValue<S>;
}

/** A setting that holds a table, with whatever a stranger's workspace has put there: each reader checks what it takes. */
export function table(name: TableSetting, scope?: Uri): Readonly<Record<string, unknown>> {
  const value: unknown = workspace.getConfiguration('reglens', scope).get(name);
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {};
}
