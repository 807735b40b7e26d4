import type { Progress } from '../protocol/layers';
import type { Terminal } from './terminal';

const redrawMs = 100;

/** One line on the error stream that is drawn over; nothing where that is no terminal. */
export class ProgressLine {
  private drawnAt = -Infinity;
  private drawn = false;

  constructor(private readonly terminal: Terminal) {}

  draw(progress: () => Progress): void {
    if (!this.terminal.isTerminal) return;
    const now = performance.now();
    if (now - this.drawnAt < redrawMs) return;
    this.drawnAt = now;
    this.drawn = true;
    const { done, total, current } = progress();
    const width = 20;
    const filled = total > 0 ? Math.floor((width * done) / total) : 0;
    const bar = '█'.repeat(filled) + '░'.repeat(width - filled);
    this.terminal.err(`\r\x1b[2K${bar} ${done} of ${total} ${current ?? ''}`);
  }

  clear(): void {
    if (this.drawn) this.terminal.err('\r\x1b[2K');
    this.drawn = false;
  }
}
