/** The styles of the documentation. */
import page from './docs/page.css';
import markdown from './docs/markdown.css';
import tables from './docs/tables.css';
import menu from './docs/menu.css';
import overview from './docs/overview.css';
import operation from './docs/operation.css';
import fields from './docs/fields.css';
import phone from './docs/phone.css';

/** In this order: later rules win over earlier ones. */
export const docsStyles = [page, markdown, tables, menu, overview, operation, fields, phone].join('\n');
