import { workspace, type Uri } from 'vscode';

import { settingDefaults, type Setting } from './contributions';

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

/** What the user chose for single hazards: a severity or `off`, by id. Where hazards are switched off, all of them are. */
export function hazardSeverities(scope: Uri): Readonly<Record<string, string>> {
  const chosen: unknown = workspace.getConfiguration('reglens', scope).get('hazards.severity');
  const entries = typeof chosen === 'object' && chosen !== null ? Object.entries(chosen) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
