/* Improves pages that also work without it. Elements say with data- attributes what they want. */
(() => {
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
  const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

  /** The server writes times in UTC, or how long ago they were. */
  function localizeTimes(root) {
    for (const time of root.querySelectorAll('time[datetime]:not([data-local])')) {
      const date = new Date(time.dateTime);
      time.title = exact.format(date);
      if (time.dataset.form === 'date') time.textContent = short.format(date);
      time.dataset.local = '';
    }
  }

  async function copy(button) {
    const text = document.getElementById(button.dataset.copy).textContent;
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Press Ctrl+C';
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    }
    setTimeout(() => (button.textContent = label), 2000);
  }

  document.addEventListener('click', (event) => {
    const copies = event.target.closest('[data-copy]');
    if (copies) void copy(copies);
    const opens = event.target.closest('[data-dialog]');
    if (opens) {
      event.preventDefault();
      document.getElementById(opens.dataset.dialog).showModal();
    }
    const closes = event.target.closest('[data-close]');
    if (closes) {
      event.preventDefault();
      closes.closest('dialog').close();
    }
    for (const menu of document.querySelectorAll('details.menu[open]'))
      if (!menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });

  /** A second click must not send a form twice. The browser may show the page again from its cache. */
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.method !== 'post' || event.defaultPrevented) return;
    if (form.dataset.sent !== undefined) return event.preventDefault();
    form.dataset.sent = '';
    if (event.submitter) event.submitter.setAttribute('aria-busy', 'true');
  });
  addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
    for (const button of document.querySelectorAll('[aria-busy="true"]')) button.removeAttribute('aria-busy');
  });

  document.addEventListener('htmx:after:swap', () => localizeTimes(document));
  localizeTimes(document);
})();
