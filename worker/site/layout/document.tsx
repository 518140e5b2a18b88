/** The HTML document around every page. */
import type { Child, FC } from 'hono/jsx';
import { assetUrl, type AssetName } from '../assets/assets.ts';

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
    <body>
      <a class="skip-link" href="#content">
        Skip to the content
      </a>
      {children}
    </body>
  </html>
);
