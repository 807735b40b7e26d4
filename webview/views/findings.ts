import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import type { Evidence, Finding } from '../../src/core/finding';
import type { HostApi, TechniqueOffer } from '../../src/protocol/viewApi';
import type { Actions } from '../actions';
import { groupFindings, keyOf, matchesFilter, severityWords } from '../findings';
import { formatNumber, plural } from '../format';
import { isRunning, toggled, type PageState } from '../state';
import { icon } from './icon';

/** Layers named in a line before the rest is counted. */
const namedLayers = 3;
/** More findings than anybody reads; the filter finds the others. */
const mostFindings = 300;

/** What a finding needs of the page that it stands in. */
export interface FindingPage {
  readonly view: { readonly openFindings: readonly string[] };
  readonly start: { readonly techniques: readonly TechniqueOffer[] } | undefined;
  readonly rows: readonly ({ readonly name: string; readonly index: number } | undefined)[];
}

export interface FindingActions {
  change(view: { readonly openFindings: readonly string[] }): void;
  openLayerNamed(name: string): void;
  ask(call: (host: Pick<HostApi, 'addTechnique'>) => Promise<unknown>): void;
}

/** What the rules say, the worst first, each with what it rests on and where to look. */
export function findingsView(state: PageState, actions: Actions): TemplateResult {
  const all = state.start?.findings.findings ?? [];
  const { findingFilter } = state.view;
  const shown = all.filter((finding) => matchesFilter(finding, findingFilter));
  const running = isRunning(state.start?.overview);
  return html`<div class="findings">
    ${running ? html`<p class="muted">Layers are still being measured: more may follow.</p>` : nothing}
    ${
      shown.length === 0
        ? html`<p class="muted">${whyNone(all.length, findingFilter, running)}</p>`
        : nothing
    }
    ${groupFindings(shown.slice(0, mostFindings)).map(
      ({ severity, findings }) =>
        html`<section aria-label=${plural(findings.length, severityWords[severity].one)}>
          <h2 class="finding-group ${severity}">
            ${icon(severityWords[severity].icon)}
            ${plural(findings.length, severityWords[severity].one)}
          </h2>
          <ul class="finding-list">
            ${repeat(findings, keyOf, (finding) => html`<li>${findingView(finding, state, actions)}</li>`)}
          </ul>
        </section>`,
    )}
    ${
      shown.length > mostFindings
        ? html`<p class="muted">
            ${plural(shown.length - mostFindings, 'more finding')}: filter for them
          </p>`
        : nothing
    }
  </div>`;
}

function whyNone(count: number, filter: string, running: boolean): string {
  if (count > 0) return `No finding matches “${filter}”`;
  return running ? 'Nothing yet' : 'No rule fired';
}

/** One finding: a line that opens to its evidence. */
export function findingView(
  finding: Finding,
  state: FindingPage,
  actions: FindingActions,
): TemplateResult {
  const key = keyOf(finding);
  const open = state.view.openFindings.includes(key);
  const { title, message, confidence, layers } = finding;
  const toggle = (): void =>
    actions.change({ openFindings: toggled(state.view.openFindings, key) });
  return html`<article class="finding ${finding.severity} ${open ? 'open' : ''}">
    <div class="finding-head">
      <button class="twistie" aria-expanded=${open} @click=${toggle}>
        ${icon(open ? 'chevron-down' : 'chevron-right')}${icon(severityWords[finding.severity].icon)}
        <b>${title}</b><span class="visually-hidden">, ${severityWords[finding.severity].one}</span>
      </button>
      <span class="muted">${confidence}, ${finding.class}</span>
      ${layerLinks(layers, open ? Infinity : namedLayers, actions)}
    </div>
    <p class="finding-message">${message}</p>
    ${open ? details(finding, state, actions) : nothing}
  </article>`;
}

function layerLinks(
  layers: readonly string[],
  most: number,
  actions: Pick<FindingActions, 'openLayerNamed'>,
): unknown {
  if (layers.length === 0) return html`<span class="muted">whole model</span>`;
  return html`<span class="finding-layers"
    >${layers
      .slice(0, most)
      .map(
        (layer) =>
          html`<button
            class="link"
            title="Show ${layer}"
            @click=${() => actions.openLayerNamed(layer)}
          >
            ${layer}
          </button>`,
      )}${
      layers.length > most
        ? html`<span class="muted">and ${layers.length - most} more</span>`
        : nothing
    }</span
  >`;
}

function details(finding: Finding, state: FindingPage, actions: FindingActions): TemplateResult {
  const { evidence, caveats, suggestion, sources, rule, name } = finding;
  return html`<div class="finding-details">
    ${evidence.length > 0 ? evidenceTable(evidence, actions) : nothing}
    ${
      caveats.length > 0
        ? html`<h3>What else could explain it</h3>
            <ul>
              ${caveats.map((caveat) => html`<li>${caveat}</li>`)}
            </ul>`
        : nothing
    }
    ${
      suggestion === undefined
        ? nothing
        : html`<h3>What to do</h3>
            <p>${suggestion}</p>`
    }
    ${techniqueButtons(finding, state, actions)}
    <p class="muted">
      Rule ${rule}, ${name}${sources.length > 0 ? html`. Sources: ${sources.join('; ')}` : nothing}
    </p>
  </div>`;
}

/** Evidence in lines of four; metrics explain themselves on hover as everywhere else. */
function evidenceTable(
  evidence: readonly Evidence[],
  actions: Pick<FindingActions, 'openLayerNamed'>,
): TemplateResult {
  const hasWhere = evidence.some(({ where }) => where !== undefined);
  const hasThreshold = evidence.some(({ threshold }) => threshold !== undefined);
  return html`<table class="plain-table">
    <thead>
      <tr>
        <th scope="col">Evidence</th>
        <th scope="col" class="number">Value</th>
        ${hasThreshold ? html`<th scope="col">Threshold</th>` : nothing}
        ${hasWhere ? html`<th scope="col">Read from</th>` : nothing}
      </tr>
    </thead>
    <tbody>
      ${evidence.map(
        ({ name, value, threshold, where }) =>
          html`<tr>
            <th scope="row"><span data-metric=${name}>${name}</span></th>
            <td class="number">${typeof value === 'number' ? formatNumber(value) : value}</td>
            ${hasThreshold ? html`<td>${threshold ?? ''}</td>` : nothing}
            ${
              hasWhere
                ? html`<td>
                    ${
                      where === undefined
                        ? nothing
                        : html`<button class="link" @click=${() => actions.openLayerNamed(where)}>
                            ${where}
                          </button>`
                    }
                  </td>`
                : nothing
            }
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function techniqueButtons(
  { techniques, layers }: Finding,
  { start, rows }: FindingPage,
  actions: FindingActions,
): TemplateResult | typeof nothing {
  const layer = rows.find((row) => row?.name === layers[0])?.index;
  const offers = (start?.techniques ?? []).filter(({ id }) => techniques.includes(id));
  if (offers.length === 0) return nothing;
  return html`<p class="finding-techniques">
    ${offers.map(
      ({ id, title, state, detail }) =>
        html`<vscode-button
          appearance="secondary"
          title=${detail}
          ?disabled=${state !== 'offered'}
          @click=${() => actions.ask((host) => host.addTechnique(id, layer))}
          >${state === 'present' ? `${title}: present` : `Add ${title}…`}</vscode-button
        >`,
    )}
  </p>`;
}
