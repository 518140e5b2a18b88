/** The styles of the components, one file for each of them. */
import arrangement from './components/arrangement.css';
import pageHeader from './components/page-header.css';
import note from './components/note.css';
import card from './components/card.css';
import button from './components/button.css';
import field from './components/field.css';
import choices from './components/choices.css';
import badge from './components/badge.css';
import table from './components/table.css';
import emptyState from './components/empty-state.css';
import definitions from './components/definitions.css';
import codeBlock from './components/code-block.css';
import confirm from './components/confirm.css';
import pagination from './components/pagination.css';
import progress from './components/progress.css';
import charts from './components/charts.css';
import tabs from './components/tabs.css';
import steps from './components/steps.css';
import filePart from './components/file-part.css';
import figure from './components/figure.css';

/** In this order: later rules win over earlier ones. */
export const componentStyles = [
  arrangement,
  pageHeader,
  note,
  card,
  button,
  field,
  choices,
  badge,
  table,
  emptyState,
  definitions,
  codeBlock,
  confirm,
  pagination,
  progress,
  charts,
  tabs,
  steps,
  filePart,
  figure,
].join('\n');
