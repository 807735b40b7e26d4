import {
  commands,
  Disposable,
  EventEmitter,
  FileSystemError,
  FileType,
  Uri,
  window,
  type FileChangeEvent,
  type FileStat,
  type FileSystemProvider,
  type SecretStorage,
} from 'vscode';

import { FormatError } from '../core/errors';
import { huggingFace, nameOf, remoteUrl } from '../core/address';
import type { Location } from '../protocol/workerApi';
import { setting } from './config';
import { remoteScheme, viewType } from './contributions';

/** Access tokens of hosts, in the editor's own keychain. They are given to the thread that reads and to nobody else. */
export class AccessTokens {
  constructor(private readonly secrets: SecretStorage) {}

  async of(hosts: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const found: Record<string, string> = {};
    for (const host of hosts) {
      const token = await this.secrets.get(keyOf(host));
      if (token !== undefined) found[host] = token;
    }
    return found;
  }

  /** An empty token is forgotten. */
  async set(host: string, token: string): Promise<void> {
    if (token === '') await this.secrets.delete(keyOf(host));
    else await this.secrets.store(keyOf(host), token);
  }
}

function keyOf(host: string): string {
  return `reglens.token.${host}`;
}

/** The document of a remote file: its path gives the tab a name, its query is the address. */
function remoteUri(url: URL): Uri {
  return Uri.from({
    scheme: remoteScheme,
    authority: url.host,
    path: `/${nameOf(url).replaceAll('/', '_')}`,
    query: url.href,
  });
}

/** Where the thread finds the bytes of such a document. Its address is input: it may come from a window that was restored. */
export async function locateRemote(uri: Uri, tokens: AccessTokens | undefined): Promise<Location> {
  const url = remoteUrl(uri.query);
  return { kind: 'url', url: url.href, tokens: (await tokens?.of([url.host])) ?? {} };
}

/** Asks for an address and opens it in the editor for checkpoints. */
export async function openFromUrl(): Promise<void> {
  const text = await window.showInputBox({
    title: 'Open a checkpoint from a web server',
    prompt: 'Only the ranges that are needed are downloaded',
    placeHolder: 'https://… or hf://organization/name[@revision]/model.safetensors',
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() === '' ? undefined : faultOf(value)),
  });
  if (text === undefined || text.trim() === '') return;
  await commands.executeCommand('vscode.openWith', remoteUri(addressOf(text)), viewType);
}

/** Asks for a host and its token. */
export async function setAccessToken(tokens: AccessTokens): Promise<void> {
  const host = await window.showInputBox({
    title: 'Access token (1 of 2): the host',
    value: new URL(endpoint()).host,
    ignoreFocusOut: true,
    validateInput: (value) =>
      /^[\w.-]+(:\d+)?$/.test(value.trim()) ? undefined : 'A host, such as huggingface.co',
  });
  if (host === undefined) return;
  const name = host.trim().toLowerCase();
  const token = await window.showInputBox({
    title: `Access token (2 of 2): for ${name}`,
    prompt:
      'Kept in the secret storage of the editor and sent to this host alone. Empty: forget it',
    password: true,
    ignoreFocusOut: true,
  });
  if (token === undefined) return;
  await tokens.set(name, token.trim());
}

/** The editor asks whether its document exists; nothing is read this way. */
export class RemoteFiles implements FileSystemProvider {
  private readonly changes = new EventEmitter<FileChangeEvent[]>();
  readonly onDidChangeFile = this.changes.event;

  watch(): Disposable {
    return new Disposable(() => undefined);
  }

  stat(): FileStat {
    return { type: FileType.File, ctime: 0, mtime: 0, size: 0 };
  }

  readFile(uri: Uri): Uint8Array {
    throw FileSystemError.Unavailable(
      `${uri.authority}: open it as a checkpoint; it is not downloaded whole`,
    );
  }

  readDirectory(): [string, FileType][] {
    return [];
  }

  createDirectory(uri: Uri): void {
    throw FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: Uri): void {
    throw FileSystemError.NoPermissions(uri);
  }

  delete(uri: Uri): void {
    throw FileSystemError.NoPermissions(uri);
  }

  rename(uri: Uri): void {
    throw FileSystemError.NoPermissions(uri);
  }
}

function addressOf(text: string): URL {
  return remoteUrl(text, endpoint());
}

/** Only the user's own machine says it, never a workspace: tokens go there. */
function endpoint(): string {
  const value = setting('remote.huggingFaceEndpoint');
  return URL.canParse(value) ? value : huggingFace;
}

function faultOf(text: string): string | undefined {
  try {
    addressOf(text);
    return undefined;
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}
