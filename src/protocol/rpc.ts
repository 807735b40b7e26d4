/** A two-way channel: a MessagePort, a webview, a worker. */
export interface Port {
  post(message: unknown): void;
  /** Returns a function that stops listening. */
  listen(onMessage: (message: unknown) => void): () => void;
}

/** Every method is asynchronous; arguments and results are plain JSON or typed arrays. */
export type Methods<T> = { [K in keyof T]: (...args: never[]) => Promise<unknown> };

interface Call {
  readonly kind: 'call';
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

interface ErrorBody {
  readonly name: string;
  readonly message: string;
  /** Plain fields of the error (format, reason, byteOffset, remedy), so that a FormatError stays readable. */
  readonly fields: Readonly<Record<string, string | number>>;
}

type Reply =
  | { readonly kind: 'reply'; readonly id: number; readonly ok: unknown }
  | { readonly kind: 'reply'; readonly id: number; readonly error: ErrorBody };

/** An error that crossed a port: its name and its plain fields are those of the original. */
export class RemoteError extends Error {
  readonly fields: Readonly<Record<string, string | number>>;

  constructor(body: ErrorBody) {
    super(body.message);
    this.name = body.name;
    this.fields = body.fields;
  }
}

/** Answers calls with the methods of `api`. Returns a function that stops answering. */
export function serve<T extends Methods<T>>(port: Port, api: T): () => void {
  return port.listen((message) => {
    if (!isCall(message)) return;
    const { id, method, args } = message;
    void answer(api, method, args).then(
      (ok) => port.post({ kind: 'reply', id, ok } satisfies Reply),
      (error: unknown) => port.post({ kind: 'reply', id, error: bodyOf(error) } satisfies Reply),
    );
  });
}

/** Calls the methods that the other side serves. `dispose` rejects what is waiting, and every later call. */
export function connect<T extends Methods<T>>(
  port: Port,
): { api: T; dispose: (reason?: string | Error) => void } {
  const waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  let nextId = 1;
  let closed: Error | undefined;

  const stop = port.listen((message) => {
    if (!isReply(message)) return;
    const call = waiting.get(message.id);
    if (!call) return;
    waiting.delete(message.id);
    if ('error' in message) call.reject(new RemoteError(message.error));
    else call.resolve(message.ok);
  });

  const invoke = (method: string, args: unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (closed !== undefined) {
        reject(closed);
        return;
      }
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      port.post({ kind: 'call', id, method, args } satisfies Call);
    });

  const api = new Proxy({} as T, {
    get: (_target, name) =>
      // An awaited or inspected proxy is asked for `then` and symbols: those are no remote methods.
      typeof name === 'symbol' || name === 'then'
        ? undefined
        : (...args: unknown[]) => invoke(name, args),
  });
  const dispose = (reason: string | Error = 'The connection was closed'): void => {
    closed ??= typeof reason === 'string' ? new Error(reason) : reason;
    stop();
    for (const { reject } of waiting.values()) reject(closed);
    waiting.clear();
  };
  return { api, dispose };
}

async function answer(api: object, method: string, args: readonly unknown[]): Promise<unknown> {
  const handler = Object.hasOwn(api, method) ? (Reflect.get(api, method) as unknown) : undefined;
  if (typeof handler !== 'function') throw new Error(`Unknown method "${method}"`);
  return await Reflect.apply(handler, api, [...args]);
}

function bodyOf(error: unknown): ErrorBody {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), fields: {} };
  const fields: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(error)) {
    if (key !== 'name' && (typeof value === 'string' || typeof value === 'number')) {
      fields[key] = value;
    }
  }
  return { name: error.name, message: error.message, fields };
}

function isCall(message: unknown): message is Call {
  return hasKind(message, 'call') && 'method' in message && typeof message.method === 'string';
}

function isReply(message: unknown): message is Reply {
  return hasKind(message, 'reply');
}

function hasKind(message: unknown, kind: string): message is { id: number } {
  return (
    typeof message === 'object' &&
    message !== null &&
    'kind' in message &&
    message.kind === kind &&
    'id' in message &&
    typeof message.id === 'number'
  );
}
