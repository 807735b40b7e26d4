import { registerControls } from './controls';
import { openComparePage } from './compare/page';
import { openPage } from './page';
import { surroundings } from './port';
import { openSeriesPage } from './series/page';

registerControls();
const root = document.getElementById('app');
if (root?.dataset['page'] === 'compare') openComparePage(root, surroundings());
else if (root?.dataset['page'] === 'series') openSeriesPage(root, surroundings());
else if (root) openPage(root, surroundings());
