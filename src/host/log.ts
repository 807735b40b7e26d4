import { window, type LogOutputChannel } from 'vscode';

/** The one channel of the extension; created on first use. */
export const log: Pick<LogOutputChannel, 'info' | 'warn' | 'error' | 'show'> & {
  dispose(): void;
} = (() => {
  let channel: LogOutputChannel | undefined;
  const open = (): LogOutputChannel =>
    (channel ??= window.createOutputChannel('RegLens', { log: true }));
  return {
    info: (message: string, ...args: unknown[]) => open().info(message, ...args),
    warn: (message: string, ...args: unknown[]) => open().warn(message, ...args),
    error: (error: string | Error, ...args: unknown[]) => open().error(error, ...args),
    show: () => open().show(false),
    dispose: () => channel?.dispose(),
  };
})();
