import { FormatError } from './errors';

/** The Hub itself, where no mirror of it is named. */
export const huggingFace = 'https://huggingface.co';

/** Longer ones are refused by most servers. */
const maxLength = 8192;

/**
 * The address of a remote file: `https://…`, `http://…`, or `hf://organization/name[@revision]/path/file` for the Hugging Face
 * Hub. Throws a FormatError that says what is wrong with anything else.
 *
 * @param endpoint of the hub, or of a mirror of it
 */
export function remoteUrl(text: string, endpoint: string = huggingFace): URL {
  const trimmed = text.trim();
  if (trimmed.length > maxLength) {
    throw fault(`has ${trimmed.length} characters, the limit is ${maxLength}`);
  }
  const url = /^hf:\/\//i.test(trimmed) ? hubUrl(trimmed, endpoint) : parsed(trimmed);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw fault(`begins with "${url.protocol}"; https:, http: and hf: are read`);
  }
  if (url.username !== '' || url.password !== '') {
    throw fault('has a user name or a password in it', 'Set an access token for the host instead');
  }
  url.hash = '';
  return url;
}

/** Whether a text is meant as an address and not as a path: `C:\model.pt` is a path. */
export function isRemote(text: string): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//i.test(text);
}

/** Name of the file, for messages; what follows the path of an address may be a secret. */
export function nameOf(url: URL): string {
  const last = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(last) || url.hostname;
  } catch {
    // A per cent sign that begins no escape stands for itself.
    return last;
  }
}

/** The file of this name in the folder of another one. */
export function siblingUrl(url: URL, name: string): URL {
  const folder = url.pathname.slice(0, url.pathname.lastIndexOf('/') + 1);
  const path = name.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  const sibling = new URL(url);
  sibling.pathname = folder + path;
  return sibling;
}

function hubUrl(text: string, endpoint: string): URL {
  const parts = /^hf:\/\/([^/@]+)\/([^/@]+)(?:@([^/]+))?\/(.+)$/i.exec(text);
  const [, organization = '', name = '', revision = 'main', file = ''] = parts ?? [];
  const isPlain = [organization, name].every((part) => /^[\w.-]+$/.test(part) && !isDots(part));
  const path = file.split('/');
  if (!parts || !isPlain || path.some((part) => part === '' || isDots(part))) {
    throw fault(`"${text.slice(0, 200)}" is no hf://organization/name[@revision]/path/file`);
  }
  const base = parsed(endpoint);
  // A revision may be written as a path of its own, refs%2Fpr%2F1.
  const rest = [organization, name, 'resolve', decoded(revision), ...path];
  base.pathname = [base.pathname.replace(/\/$/, ''), ...rest.map(encodeURIComponent)].join('/');
  base.search = '';
  return base;
}

function isDots(part: string): boolean {
  return part === '.' || part === '..';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parsed(text: string): URL {
  if (!URL.canParse(text)) throw fault(`"${text.slice(0, 200)}" is none`);
  return new URL(text);
}

function fault(reason: string, remedy?: string): FormatError {
  return new FormatError('address', reason, { remedy });
}
