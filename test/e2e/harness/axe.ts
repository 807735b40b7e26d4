import axe from 'axe-core';
import type { FrameLocator } from 'playwright-core';

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly string[];
}

/** What axe-core finds in a webview's document. */
export async function violations(webview: FrameLocator): Promise<Violation[]> {
  const element = await webview.locator('html').elementHandle();
  const frame = await element.ownerFrame();
  if (!frame) throw new Error('The webview has no document');
  await frame.evaluate(axe.source);
  return frame.evaluate(async () => {
    const { violations: found } = await (window as unknown as { axe: typeof axe }).axe.run(
      document,
      { resultTypes: ['violations'] },
    );
    return found.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map((node) => `${node.html} ${node.failureSummary ?? ''}`),
    }));
  });
}
