/** Lets any number of tasks wait until something has changed. */
export class Signal {
  private wakeUp: () => void = () => undefined;
  private changed = this.next();

  /** Resolves at the next `fire`. */
  wait(): Promise<void> {
    return this.changed;
  }

  fire(): void {
    const wakeUp = this.wakeUp;
    this.changed = this.next();
    wakeUp();
  }

  private next(): Promise<void> {
    return new Promise((resolve) => {
      this.wakeUp = resolve;
    });
  }
}
