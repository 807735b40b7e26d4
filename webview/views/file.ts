import { html, type TemplateResult } from 'lit';
import type { PageState } from '../state';
export function fileView(_state: PageState): TemplateResult {
  return html``;
}
