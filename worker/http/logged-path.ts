/** Paths of links that work once: the token lets somebody in. */
const SECRET_PATH = /^(\/(?:setup|invitations|reset)\/).+/;

/** The path of a request without secrets, for the log. */
export function loggedPath(path: string): string {
  return path.replace(SECRET_PATH, '$1…');
}
