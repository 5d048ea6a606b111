import { render } from 'preact';
import './styles/base.css';
import './styles/controls.css';
import './styles/shell.css';
import './styles/desk.css';
import './styles/work.css';
import './styles/number.css';
import { App } from './app.js';

const place = document.getElementById('app');
if (place === null) throw new Error('index.html has no element with the id app.');
render(<App />, place);
