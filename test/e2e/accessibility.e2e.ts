import { afterEach, describe, expect, it } from 'vitest';

import { violations } from './harness/axe';
import { Inspector } from './harness/inspector';
import { Workbench } from './harness/workbench';
import { exampleWorkspace } from './harness/workspace';

let workbench: Workbench | undefined;

afterEach(async () => {
  await workbench?.close();
});

describe('axe-core finds nothing', () => {
  it.each(['light', 'dark', 'high-contrast', 'high-contrast-light'] as const)(
    'in %s',
    async (theme) => {
      workbench = await Workbench.open(exampleWorkspace('accessibility'), { theme, width: 1600 });
      await workbench.openFile('pytorch/checkpoints/digits-l1.safetensors');
      const inspector = new Inspector(workbench);
      await inspector.finished();
      expect(await violations(inspector.frame), 'the table').toEqual([]);

      await inspector.ungroup();
      await inspector.row('classifier.1').click();
      await inspector.layer('classifier.1').locator('figure').first().waitFor();
      expect(await violations(inspector.frame), 'a layer').toEqual([]);
      await workbench.screenshot(`layer-${theme}`);

      await inspector.frame.getByRole('tab', { name: 'Tensors and file' }).click();
      expect(await violations(inspector.frame), 'the file').toEqual([]);
    },
  );
});
