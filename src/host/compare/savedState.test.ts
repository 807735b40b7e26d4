import { describe, expect, it } from 'vitest';

import { parseSavedState } from './savedState';

const a = 'file:///runs/1/model.pt';
const b = 'vscode-vfs://github/owner/name/model.pt';

describe('parseSavedState', () => {
  it('takes two files, whatever else is there', () => {
    expect(parseSavedState({ uris: { a, b, c: 1 }, tab: 'layers' })).toEqual({ a, b });
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'file:///a.pt'],
    ['a state without files', { tab: 'layers' }],
    ['one file', { uris: { a } }],
    ['a number for a file', { uris: { a, b: 7 } }],
    ['a path', { uris: { a, b: '/runs/model.pt' } }],
    ['an empty text', { uris: { a, b: '' } }],
    ['a command', { uris: { a, b: 'command:workbench.action.quit' } }],
    ['a command with a path', { uris: { a, b: 'COMMAND:/workbench.action.quit' } }],
    ['a page', { uris: { a, b: 'https://example.com/model.pt' } }],
    ['a script', { uris: { a, b: 'javascript:/alert(1)/' } }],
    ['a file with itself', { uris: { a, b: a } }],
    ['a file that is too long', { uris: { a, b: `file:///${'x'.repeat(40_000)}` } }],
  ])('refuses %s', (_name, state) => {
    expect(parseSavedState(state)).toBeUndefined();
  });
});
