import { html, type TemplateResult } from 'lit';

/** An icon of VS Code's own set; it says nothing to a screen reader, so its button must have a name. */
export function icon(name: string): TemplateResult {
  return html`<span class="codicon codicon-${name}" aria-hidden="true"></span>`;
}
