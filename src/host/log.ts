import { window, type LogOutputChannel } from 'vscode';

export interface Log {
  info(message: string): void;
  warn(message: string): void;
  /** With the stack of an error, for the user to send. */
  error(message: string, error?: unknown): void;
  show(): void;
  dispose(): void;
}

/** The one channel of the extension; created on first use. */
export const log: Log = (() => {
  let channel: LogOutputChannel | undefined;
  const open = (): LogOutputChannel =>
    (channel ??= window.createOutputChannel('RegLens', { log: true }));
  return {
    info: (message) => open().info(message),
    warn: (message) => open().warn(message),
    error: (message, error) =>
      open().error(
        error instanceof Error ? `${message}: ${error.stack ?? error.message}` : message,
      ),
    show: () => open().show(true),
    dispose: () => channel?.dispose(),
  };
})();
