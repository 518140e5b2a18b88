/** Vite hands files over as text. */
declare module '*?raw' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export -- that is how vite exports it
  export default text;
}
