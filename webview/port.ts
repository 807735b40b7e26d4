import type { Port } from '../src/protocol/rpc';

/** What VS Code gives a webview's script, once. */
interface Host {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): Host;

export interface Surroundings {
  readonly port: Port;
  readonly load: () => unknown;
  readonly save: (state: unknown) => void;
}

/** The page's only way out: messages to the host, and the state that survives hiding. */
export function surroundings(): Surroundings {
  const host = acquireVsCodeApi();
  return {
    port: {
      post: (message) => host.postMessage(message),
      listen: (onMessage) => {
        const listener = (event: MessageEvent<unknown>): void => onMessage(event.data);
        window.addEventListener('message', listener);
        return () => window.removeEventListener('message', listener);
      },
    },
    load: () => host.getState(),
    save: (state) => host.setState(state),
  };
}
