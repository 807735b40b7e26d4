import { nameOf } from '../../core/address';
import { FormatError } from '../../core/errors';
import type { RangeRequest } from './range';

const maxRedirects = 8;

/** Access tokens by host, with its port where it has one. */
export type Tokens = Readonly<Record<string, string>>;

interface Following {
  readonly tokens: Tokens | undefined;
  readonly signal: AbortSignal;
}

/** Sends the request, and again where the server says the file is. */
export async function follow(
  url: URL,
  { start, end, version }: RangeRequest,
  { tokens, signal }: Following,
): Promise<Response> {
  let target = url;
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const headers = new Headers({
      range: `bytes=${start}-${end - 1}`,
      // A range of compressed bytes is no range of the file.
      'accept-encoding': 'identity',
    });
    // A weak tag never matches (RFC 9110, 13.1.1).
    const etag = version?.host === target.host ? version.etag : undefined;
    if (etag !== undefined && !etag.startsWith('W/')) headers.set('if-match', etag);
    const token = tokenFor(target, tokens);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const response = await fetch(target, { headers, redirect: 'manual', signal });
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
    await response.body?.cancel();
    target = nextOf(target, location);
  }
  throw new FormatError(nameOf(url), `${url.host} redirects more than ${maxRedirects} times`);
}

function nextOf(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) {
    throw new FormatError(nameOf(from), `${from.host} redirects to what is no address`);
  }
  const to = new URL(location, from);
  const isWeb = to.protocol === 'https:' || to.protocol === 'http:';
  if (!isWeb || (from.protocol === 'https:' && to.protocol === 'http:')) {
    throw new FormatError(
      nameOf(from),
      `${from.host} redirects to ${to.protocol}, which is refused`,
    );
  }
  if (to.username !== '' || to.password !== '') {
    throw new FormatError(nameOf(from), `${from.host} redirects to an address with a password`);
  }
  return to;
}

/** A token goes to its own host, and never unencrypted over a network. */
export function tokenFor(url: URL, tokens: Tokens = {}): string | undefined {
  const isPrivate =
    url.protocol === 'https:' || /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  return isPrivate && Object.hasOwn(tokens, url.host) ? tokens[url.host] : undefined;
}
