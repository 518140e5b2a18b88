/* The form of S3 Storage: fills in the fields of a provider, completes the policy, and shows each check as it ends. */
(() => {
  const form = document.querySelector('form[data-storage]');
  if (!form) return;
  const { region, endpoint, bucket } = form.elements;
  const policy = document.querySelector('[data-policy]');
  const list = form.querySelector('[data-checks]');
  const connection = document.getElementById('connection');

  const provider = () => form.querySelector('[name="provider"]:checked');
  const endpointIn = (name) => provider().dataset.endpoint.replace('[region]', name);

  /** Whether the endpoint is one that the form filled in, so that it may be replaced. */
  let filled = endpoint.value;
  function fillEndpoint(name) {
    if (endpoint.value !== filled && endpoint.value !== '') return;
    filled = endpointIn(name);
    endpoint.value = filled;
  }

  form.addEventListener('change', (event) => {
    if (event.target.name !== 'provider') return;
    const { dataset } = provider();
    form.querySelector('[data-provider-guide]').href = dataset.guide;
    region.value = dataset.region;
    endpoint.value = filled = endpointIn(dataset.region);
    const classes = dataset.classes === '' ? [] : dataset.classes.split(' ');
    const options = classes.map((value) => Object.assign(document.createElement('option'), { value }));
    document.getElementById('storage-classes').replaceChildren(...options);
    form.elements.storageClass.value = '';
  });
  region.addEventListener('input', () => {
    if (provider().dataset.endpoint.includes('[region]')) fillEndpoint(region.value.trim());
  });

  const card = policy.closest('.card');
  const hasPolicy = () => provider().dataset.takesPolicy !== undefined;
  form.addEventListener('change', () => (card.hidden = !hasPolicy()));

  const code = policy.querySelector('code');
  let shown = bucket.value.trim() || policy.dataset.policy;
  bucket.addEventListener('input', () => {
    const name = bucket.value.trim() || policy.dataset.policy;
    code.textContent = code.textContent.replace(JSON.stringify(`arn:aws:s3:::${shown}/*`), () =>
      JSON.stringify(`arn:aws:s3:::${name}/*`),
    );
    shown = name;
  });

  /** Each line is the item of one check. */
  async function showLines(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split('\n');
      rest = lines.pop();
      for (const line of lines) list.insertAdjacentHTML('beforeend', line);
    }
  }

  async function test(button) {
    const answer = await fetch(button.formAction, {
      method: 'POST',
      headers: { Accept: 'text/x-html-lines' },
      body: new URLSearchParams(new FormData(form)),
    });
    if (answer.headers.get('Content-Type') !== 'text/x-html-lines') throw new Error('no lines');
    await showLines(answer.body);
  }

  async function showTest(button) {
    button.setAttribute('aria-busy', 'true');
    list.replaceChildren();
    connection.hidden = false;
    connection.scrollIntoView({ block: 'nearest' });
    try {
      await test(button);
    } catch {
      // The page itself shows wrong fields, the sign-in page, and errors.
      form.action = button.formAction;
      form.submit();
    }
    button.removeAttribute('aria-busy');
    connection.scrollIntoView({ block: 'nearest' });
  }

  form.addEventListener('submit', (event) => {
    const button = event.submitter;
    if (button?.dataset.test === undefined) return;
    event.preventDefault();
    if (button.getAttribute('aria-busy') !== 'true') void showTest(button);
  });
})();
