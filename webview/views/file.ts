import { html, nothing, type TemplateResult } from 'lit';

import type { Notice } from '../../src/core/checkpoint';
import { isJsonObject, type Json } from '../../src/core/json';
import type { TensorReport } from '../../src/core/report';
import { formatBytes, formatFraction, formatNumber, formatShape, plural } from '../format';
import type { PageState } from '../state';
import { icon } from './icon';
import { jsonTree } from './jsonTree';

/** Tensors listed at once: a list, not a table to work in. */
const mostTensors = 2000;

const noticeIcons: Readonly<Record<Notice['severity'], string>> = {
  info: 'info',
  warn: 'warning',
  problem: 'error',
};

/** The file as it is: notices, what was recorded and declared, all tensors, what was skipped and why. */
export function fileView(state: PageState): TemplateResult | typeof nothing {
  const overview = state.start?.overview;
  if (!overview) return nothing;
  const { checkpoint } = overview;
  return html`<div class="file">
    ${
      checkpoint.notices.length > 0
        ? html`<ul class="notices" aria-label="Notices">
            ${checkpoint.notices.map(
              ({ severity, message }) => html`<li>${icon(noticeIcons[severity])} ${message}</li>`,
            )}
          </ul>`
        : nothing
    }
    <div class="file-columns">
      <div>
        <h2>Tensors</h2>
        ${tensorsView(state)} ${skippedView(state)}
      </div>
      <div>
        <h2>Files</h2>
        <ul class="plain">
          ${checkpoint.files.map(
            ({ name, byteLength }) =>
              html`<li>${name} <span class="muted">${formatBytes(byteLength)}</span></li>`,
          )}
        </ul>
        <h2>Optimizer</h2>
        ${
          checkpoint.optimizers.length === 0
            ? html`<p class="muted">No optimizer state is in the file</p>`
            : checkpoint.optimizers.map(
                ({ name, groups }) =>
                  html`<h3>${name ?? 'Unnamed optimizer'}</h3>
                    ${groups.map(
                      ({ hyperparameters, parameterCount }) =>
                        html`<p class="muted">${plural(parameterCount, 'parameter')}</p>
                          ${jsonTree(hyperparameters)}`,
                    )}`,
              )
        }
        <h2>Recorded by the training run</h2>
        ${treeOr(checkpoint.recorded, 'Nothing was recorded in the file')}
        <h2>Declared configuration</h2>
        ${treeOr(checkpoint.declared, 'The file declares no configuration')}
      </div>
    </div>
  </div>`;
}

function treeOr(value: Json | undefined, otherwise: string): TemplateResult {
  const empty =
    value === undefined ||
    value === null ||
    (isJsonObject(value) && Object.keys(value).length === 0);
  return empty ? html`<p class="muted">${otherwise}</p>` : jsonTree(value);
}

function tensorsView({ tensors }: PageState): TemplateResult {
  if (tensors.kind === 'failed') return html`<p role="alert">${tensors.message}</p>`;
  if (tensors.kind === 'loading') return html`<p class="muted">Reading the tensors…</p>`;
  const list = tensors.value;
  if (list.length === 0) return html`<p class="muted">The file holds no tensors</p>`;
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label="Tensors">
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Shape</th>
            <th scope="col">Type</th>
            <th scope="col">Role</th>
            <th scope="col" class="number">Zeros</th>
            <th scope="col" class="number">Norm</th>
          </tr>
        </thead>
        <tbody>
          ${list.slice(0, mostTensors).map(tensorLine)}
        </tbody>
      </table>
    </div>
    ${
      list.length > mostTensors
        ? html`<p class="muted">${plural(list.length - mostTensors, 'more tensor')} not listed</p>`
        : nothing
    }`;
}

function tensorLine(tensor: TensorReport): TemplateResult {
  const scalar = (id: string): number | undefined => {
    const value = tensor.metrics?.[id];
    return typeof value === 'number' ? value : undefined;
  };
  const zeros = scalar('zero.frac');
  const norm = scalar('l2');
  return html`<tr>
    <th scope="row">
      ${tensor.name}${
        tensor.sameAs === undefined
          ? nothing
          : html` <span class="muted">same as ${tensor.sameAs}</span>`
      }
    </th>
    <td>${formatShape(tensor.shape)}</td>
    <td class="muted">${tensor.dtype}</td>
    <td class="muted">${tensor.role.replace('_', ' ')}</td>
    <td class="number">${zeros === undefined ? '' : formatFraction(zeros)}</td>
    <td class="number">${norm === undefined ? '' : formatNumber(norm)}</td>
  </tr>`;
}

function skippedView({ skipped }: PageState): TemplateResult | typeof nothing {
  if (skipped.length === 0) return nothing;
  return html`<h2>Skipped</h2>
    <table class="plain-table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        ${skipped.map(
          ({ name, reason }) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td>${reason}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}
