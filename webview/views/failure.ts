import { html, nothing, type TemplateResult } from 'lit';

import type { Failure } from '../../src/protocol/viewApi';
import type { Actions } from '../actions';
import { grouped } from '../format';
import { icon } from './icon';

/** What the page shows when the file could not be read: what, where, and what can be done. */
export function failureView(fileName: string, failure: Failure, actions: Actions): TemplateResult {
  return html`<section class="failure" aria-labelledby="failure-title">
    <p class="muted">${fileName}</p>
    <h1 id="failure-title">${icon(failure.internal ? 'bug' : 'error')} ${failure.title}</h1>
    <p class="message">${failure.message}</p>
    ${
      failure.byteOffset === undefined
        ? nothing
        : html`<p class="muted">
            At byte ${grouped(failure.byteOffset)} (0x${failure.byteOffset.toString(16)})
          </p>`
    }
    ${failure.remedy === undefined ? nothing : html`<p>${failure.remedy}</p>`}
    <p class="buttons">
      <vscode-button @click=${() => actions.ask((host) => host.reload())}>Reload</vscode-button>
      <vscode-button appearance="secondary" @click=${() => actions.ask((host) => host.openAsText())}
        >Open as text</vscode-button
      >
      <vscode-button appearance="secondary" @click=${() => actions.ask((host) => host.showLog())}
        >Show log</vscode-button
      >
      ${
        failure.internal
          ? html`<vscode-button
              appearance="secondary"
              @click=${() => actions.ask((host) => host.reportIssue())}
              >Report issue</vscode-button
            >`
          : nothing
      }
    </p>
  </section>`;
}
