import { registerControls } from './controls';
import { openPage } from './page';
import { surroundings } from './port';

registerControls();
const root = document.getElementById('app');
if (root) openPage(root, surroundings());
