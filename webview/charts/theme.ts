import { parseColour, type Rgb } from './colour';

export interface ThemeColours {
  readonly background: Rgb;
  readonly foreground: Rgb;
  readonly blue: Rgb;
  readonly orange: Rgb;
  readonly contrast: boolean;
}

/** The theme's colours as numbers, for canvases: they cannot use CSS variables. */
export function themeColours(): ThemeColours {
  const probe = document.createElement('span');
  document.body.append(probe);
  const read = (variable: string, otherwise: string): Rgb => {
    probe.style.color = `var(${variable}, ${otherwise})`;
    return parseColour(getComputedStyle(probe).color) ?? [128, 128, 128];
  };
  const colours = {
    background: read('--vscode-editor-background', 'Canvas'),
    foreground: read('--vscode-editor-foreground', 'CanvasText'),
    blue: read('--vscode-charts-blue', 'LinkText'),
    orange: read('--vscode-charts-orange', 'Mark'),
    contrast: /\bvscode-high-contrast/.test(document.body.className),
  };
  probe.remove();
  return colours;
}
