import { html, type TemplateResult } from 'lit';

import { isJsonObject, type Json } from '../../src/core/json';
import { plural } from '../format';

/** Levels that are drawn: a hostile file may nest without end. */
const deepest = 24;
/** Entries of one list or object that are drawn. */
const widest = 200;
const longestText = 400;

/** A JSON value as a readable tree. Everything in it is text from the file, and stays text. */
export function jsonTree(value: Json, depth = 0): TemplateResult {
  if (typeof value !== 'object' || value === null) {
    const text = String(value);
    const shown = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
    return html`<span class="json-value">${shown}</span>`;
  }
  const entries = isJsonObject(value)
    ? Object.entries(value)
    : value.map((item, index): [string, Json] => [String(index), item]);
  if (entries.length === 0) return html`<span class="muted">empty</span>`;
  if (depth >= deepest) return html`<span class="muted">nested deeper than is shown</span>`;
  if (!isJsonObject(value) && isShort(value)) {
    return html`<span class="json-value">${value.map(String).join(', ')}</span>`;
  }
  return html`<dl class="json">
    ${entries.slice(0, widest).map(
      ([key, item]) =>
        html`<div class=${isShort(item) ? 'json-leaf' : 'json-branch'}>
          <dt>${key}</dt>
          <dd>${jsonTree(item, depth + 1)}</dd>
        </div>`,
    )}
    ${
      entries.length > widest
        ? html`<div>
            <dt class="muted">and</dt>
            <dd class="muted">${plural(entries.length - widest, 'entry', 'entries')} more</dd>
          </div>`
        : ''
    }
  </dl>`;
}

/** Whether a value fits on its key's line. */
function isShort(value: Json): boolean {
  return isPlain(value) || (Array.isArray(value) && value.length <= 8 && value.every(isPlain));
}

function isPlain(value: Json): boolean {
  return typeof value !== 'object' || value === null;
}
