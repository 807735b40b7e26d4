import { registerControls } from './controls';
import { openComparePage } from './compare/page';
import { openPage } from './page';
import { surroundings } from './port';

registerControls();
const root = document.getElementById('app');
if (root?.dataset['page'] === 'compare') openComparePage(root, surroundings());
else if (root) openPage(root, surroundings());
