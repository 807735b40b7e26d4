import { html, nothing, type TemplateResult } from 'lit';

import type { Framework } from '../../src/core/checkpoint';
import type { Actions } from '../actions';
import { formatBytes, formatCount, grouped, plural } from '../format';
import type { PageState } from '../state';
import { icon } from './icon';
import { menu, type MenuItem } from './menu';

const frameworks: Readonly<Record<Framework, string>> = {
  pytorch: 'PyTorch',
  keras: 'Keras',
  tfjs: 'TensorFlow.js',
  tensorflow: 'TensorFlow',
  jax: 'JAX',
  numpy: 'NumPy',
  unknown: 'unknown framework',
};

/** File name, what the file is, and what can be done with it. */
export function headerView(state: PageState, actions: Actions): TemplateResult {
  const { start } = state;
  const overview = start?.overview;
  return html`<header class="header">
    <h1 title=${start?.fileName ?? ''}>${start?.fileName}</h1>
    ${
      overview
        ? html`<ul class="facts">
            <li>${overview.checkpoint.description}</li>
            <li>${plural(overview.totals.tensorCount, 'tensor')}</li>
            <li title="${grouped(overview.totals.parameterCount)} parameters">
              ${formatCount(overview.totals.parameterCount)} parameters
            </li>
            <li title="${grouped(overview.checkpoint.bytes)} bytes">
              ${formatBytes(overview.checkpoint.bytes)}
            </li>
            <li>${frameworks[overview.checkpoint.framework]}</li>
          </ul>`
        : nothing
    }
    <div class="buttons">
      ${start && start.links.length > 0 ? openCode(start.links[0]?.layer ?? 0, state, actions) : nothing}
      <vscode-button
        appearance="secondary"
        title="Compare with another checkpoint"
        @click=${() => actions.ask((host) => host.compare())}
        >Compare…</vscode-button
      >
      <vscode-button
        appearance="icon"
        aria-label="Reload"
        title="Reload"
        @click=${() => actions.ask((host) => host.reload())}
        >${icon('refresh')}</vscode-button
      >
      ${menu({
        id: 'more',
        label: 'More',
        face: icon('ellipsis'),
        items: moreItems(actions),
        state,
        actions,
      })}
    </div>
  </header>`;
}

function openCode(first: number, state: PageState, actions: Actions): TemplateResult {
  const layer = state.open?.index ?? first;
  const link = state.start?.links.find((one) => one.layer === layer) ?? state.start?.links[0];
  return html`<vscode-button
    appearance="secondary"
    title=${link ? `${link.label}: ${link.reason}` : ''}
    @click=${() => actions.ask((host) => host.openCode(link?.layer ?? layer))}
    >Open code</vscode-button
  >`;
}

function moreItems(actions: Actions): readonly MenuItem[] {
  return [
    { label: 'Open as text', run: () => actions.ask((host) => host.openAsText()) },
    { label: 'Show log', run: () => actions.ask((host) => host.showLog()) },
  ];
}
