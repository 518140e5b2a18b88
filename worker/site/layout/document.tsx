/** The HTML document around every page. */
import type { Child, FC } from 'hono/jsx';
import { assetUrl, type AssetName } from '../assets/assets.ts';

/** Puts the page that a script asked for in place of the whole page. */
export const WHOLE_PAGE = 'target:body swap:innerHTML';

/**
 * For the requests of scripts. The sign-in page, which keeps a form that was sent, replaces the whole page. The page of another error is
 * not shown in a part of a page: the part stays, and asks again.
 */
const ON_ERROR = {
  'hx-status:401:inherited': WHOLE_PAGE,
  'hx-status:4xx:inherited': 'swap:none',
  'hx-status:5xx:inherited': 'swap:none',
};

/** The document of a page. `styles`: style sheets that only some pages need. */
export const Document: FC<{ title: string; styles?: readonly AssetName[]; children?: Child }> = ({
  title,
  styles = [],
  children,
}) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{title} · importly-open</title>
      <link rel="stylesheet" href={assetUrl('site.css')} />
      {styles.map((name) => (
        <link rel="stylesheet" href={assetUrl(name)} />
      ))}
      <link rel="icon" href={assetUrl('icon.svg')} type="image/svg+xml" />
      <script src={assetUrl('site.js')} defer></script>
    </head>
    <body {...ON_ERROR}>
      <a class="skip-link" href="#content">
        Skip to the content
      </a>
      {children}
    </body>
  </html>
);
