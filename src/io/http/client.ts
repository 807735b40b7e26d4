import { setTimeout as wait } from 'node:timers/promises';

import { FormatError } from '../../core/errors';
import { answerOf } from './answer';
import { lost, Passing } from './faults';
import { Patience } from './patience';
import type { RangeAnswer, RangeRequest } from './range';
import { follow, type Tokens } from './redirects';

/** How a server is spoken to. Tests give a clock of their own. */
export interface HttpOptions {
  /** Each is sent to its host alone. */
  readonly tokens?: Tokens;
  /** Time without a byte after which a request is given up. */
  readonly timeoutMs?: number;
  readonly delay?: (milliseconds: number) => Promise<void>;
  readonly random?: () => number;
}

const maxTries = 5;
const firstDelayMs = 500;
/** A server that asks for more patience than this gets none. */
const maxDelayMs = 30_000;
const defaultTimeoutMs = 30_000;

/** Reads one range, [start, end). Repeats what is worth repeating; every other fault is a FormatError without the address's query. */
export async function readRange(
  url: URL,
  range: RangeRequest,
  options: HttpOptions = {},
): Promise<RangeAnswer> {
  const { delay = (milliseconds: number) => wait(milliseconds), random = Math.random } = options;
  for (let tries = 1; ; tries++) {
    try {
      return await once(url, range, options);
    } catch (error) {
      if (!(error instanceof Passing)) throw error;
      if (tries >= maxTries) throw error.fault;
      // Full jitter: threads that failed together do not come back together.
      const backOff = random() * firstDelayMs * 2 ** (tries - 1);
      await delay(Math.min(maxDelayMs, error.retryAfterMs ?? backOff));
    }
  }
}

async function once(url: URL, range: RangeRequest, options: HttpOptions): Promise<RangeAnswer> {
  const patience = new Patience(options.timeoutMs ?? defaultTimeoutMs);
  try {
    const { signal } = patience;
    const response = await follow(url, range, { tokens: options.tokens, signal });
    return await answerOf(url, range, { response, patience });
  } catch (error) {
    if (error instanceof FormatError || error instanceof Passing) throw error;
    throw lost(url, error, patience.signal.aborted);
  } finally {
    patience.end();
  }
}
