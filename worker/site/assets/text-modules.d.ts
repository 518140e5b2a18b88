/** Files that the bundlers hand over as text; wrangler.toml lists them. */
declare module '*.css' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export -- that is how bundlers export it
  export default text;
}
declare module '*.md' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export -- that is how bundlers export it
  export default text;
}
declare module '*.client.js' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export -- that is how bundlers export it
  export default text;
}
declare module '*/htmx.min.js' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export -- that is how bundlers export it
  export default text;
}
