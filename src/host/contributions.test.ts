import { existsSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import manifest from '../../package.json';
import {
  addRegularizerCommand,
  clearCacheCommand,
  compareCommand,
  compareSelectedCommand,
  compareViewType,
  compareWithSelectedCommand,
  diffManifestsCommand,
  openFolderCommand,
  openInspectorCommand,
  openSeriesCommand,
  optionalViewType,
  openUrlCommand,
  pinCheckpointCommand,
  runsKey,
  runsViewId,
  seriesViewType,
  selectedForCompareKey,
  selectForCompareCommand,
  setAccessTokenCommand,
  settingDefaults,
  tableDefaults,
  viewType,
} from './contributions';

const { contributes } = manifest;

describe('package.json says what the code does', () => {
  it('has the settings with their defaults, types and scopes', () => {
    const properties = contributes.configuration.properties;
    expect(
      Object.fromEntries(Object.entries(properties).map(([id, { default: value }]) => [id, value])),
    ).toEqual(
      Object.fromEntries(
        Object.entries({ ...settingDefaults, ...tableDefaults }).map(([name, value]) => [
          `reglens.${name}`,
          value,
        ]),
      ),
    );
    for (const { type, default: value, scope, markdownDescription } of Object.values(properties)) {
      expect(typeof value).toBe(type);
      expect(['resource', 'machine', 'machine-overridable']).toContain(scope);
      expect(markdownDescription.length).toBeGreaterThan(20);
    }
  });

  it('has the editors and commands', () => {
    expect(contributes.customEditors.map((editor) => editor.viewType)).toEqual([
      viewType,
      optionalViewType,
    ]);
    expect(contributes.commands.map(({ command }) => command)).toEqual([
      openInspectorCommand,
      openFolderCommand,
      openUrlCommand,
      setAccessTokenCommand,
      addRegularizerCommand,
      pinCheckpointCommand,
      compareCommand,
      selectForCompareCommand,
      compareWithSelectedCommand,
      compareSelectedCommand,
      diffManifestsCommand,
      openSeriesCommand,
      clearCacheCommand,
    ]);
    for (const { category } of contributes.commands) expect(category).toBe('RegLens');
  });

  it('has the tree of runs, and wakes for the panels that come back', () => {
    expect(contributes.views.explorer.map(({ id, when }) => [id, when])).toEqual([
      [runsViewId, runsKey],
    ]);
    expect(manifest.activationEvents).toContain(`onWebviewPanel:${seriesViewType}`);
  });

  it('brings comparisons back, and offers the second file once there is a first', () => {
    expect(manifest.activationEvents).toContain(`onWebviewPanel:${compareViewType}`);
    const second = contributes.menus['explorer/context'].find(
      ({ command }) => command === compareWithSelectedCommand,
    );
    expect(second?.when).toContain(selectedForCompareKey);
  });

  it('restricts only settings that exist', () => {
    for (const id of manifest.capabilities.untrustedWorkspaces.restrictedConfigurations) {
      expect(Object.keys(contributes.configuration.properties)).toContain(id);
    }
  });

  it.each([
    manifest.icon,
    ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.svg)),
    ...manifest.files.filter((file) => !file.includes('*') && !file.startsWith('dist/')),
  ])('names the file %s, which is there', (file) => {
    expect(existsSync(file)).toBe(true);
  });
});
