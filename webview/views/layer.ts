import { html, type TemplateResult } from 'lit';
import type { Actions } from '../actions';
import type { Derived } from '../derive';
import type { PageState } from '../state';
export function layerView(_s: PageState, _d: Derived, _a: Actions): TemplateResult {
  return html`<section class="layer"></section>`;
}
