import type { WebviewPanel } from 'vscode';

import type { Port } from '../protocol/rpc';

/** A panel's message channel. Posting to a hidden or closed panel is no error: it asks again when it is shown. */
export function panelPort(panel: WebviewPanel): Port {
  return {
    post: (message) => {
      panel.webview.postMessage(message).then(undefined, () => undefined);
    },
    listen: (onMessage) => {
      const subscription = panel.webview.onDidReceiveMessage(onMessage);
      return () => {
        subscription.dispose();
      };
    },
  };
}
