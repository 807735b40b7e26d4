import { quietSettings } from '../../../scripts/lib/codeServer.mjs';

export type Theme = 'light' | 'dark' | 'high-contrast' | 'high-contrast-light';

interface ThemeFacts {
  /** Name of the colour theme that every VS Code has. */
  readonly setting: string;
  /** Class of the workbench when it is in force; webviews have `vscode-…` classes of their own. */
  readonly workbenchClass: string;
}

export const themes: Readonly<Record<Theme, ThemeFacts>> = {
  light: { setting: 'Default Light Modern', workbenchClass: 'vs' },
  dark: { setting: 'Default Dark Modern', workbenchClass: 'vs-dark' },
  'high-contrast': { setting: 'Default High Contrast', workbenchClass: 'hc-black' },
  'high-contrast-light': { setting: 'Default High Contrast Light', workbenchClass: 'hc-light' },
};

/** Quiet, still, and without confirmations that a scenario would have to click away. */
export function testSettings(theme: Theme): Record<string, unknown> {
  return {
    ...quietSettings,
    'workbench.colorTheme': themes[theme].setting,
    'workbench.reduceMotion': 'on',
    'files.simpleDialog.enable': true,
    'files.autoSave': 'off',
    'editor.accessibilitySupport': 'off',
    'window.confirmBeforeClose': 'never',
  };
}
