/** Style sheet, script and icon of the pages. Their URLs change with their content, so browsers keep them for a year. */
import { Hono } from 'hono';
import { crc32 } from 'node:zlib';
import htmx from 'htmx.org/dist/htmx.min.js';
import type { SiteEnv } from '../site-env.ts';
import tokens from './tokens.css';
import base from './base.css';
import layout from './layout.css';
import { componentStyles } from './component-styles.ts';
import { docsStyles } from './docs-styles.ts';
import { ICON } from './icon.ts';
import behaviors from './behaviors.client.js';
import storage from './storage.client.js';

interface Asset {
  type: string;
  text: string;
}

const ASSETS = {
  'site.css': { type: 'text/css; charset=utf-8', text: [tokens, base, layout, componentStyles].join('\n') },
  'docs.css': { type: 'text/css; charset=utf-8', text: docsStyles },
  'site.js': { type: 'text/javascript; charset=utf-8', text: [htmx, behaviors, storage].join('\n') },
  'icon.svg': { type: 'image/svg+xml', text: ICON },
} as const satisfies Record<string, Asset>;
export type AssetName = keyof typeof ASSETS;

const IMMUTABLE = 'public, max-age=31536000, immutable';

const isAsset = (name: string): name is AssetName => Object.hasOwn(ASSETS, name);

/** A hash takes a millisecond, so it is computed once. */
const hashes = new Map<AssetName, string>();
function hashOf(name: AssetName): string {
  const hash =
    hashes.get(name) ?? crc32(new TextEncoder().encode(ASSETS[name].text)).toString(16).padStart(8, '0');
  hashes.set(name, hash);
  return hash;
}

/** The URL of the file with its present content. */
export function assetUrl(name: AssetName): string {
  return `/assets/${hashOf(name)}/${name}`;
}

/** The route of the files. */
export function assetRoutes(): Hono<SiteEnv> {
  return new Hono<SiteEnv>().get('/assets/:hash/:file', (c) => {
    const { hash, file } = c.req.param();
    if (!isAsset(file)) return c.notFound();
    // A page of another version still works with the present file, but may not keep it.
    const cacheControl = hash === hashOf(file) ? IMMUTABLE : 'no-cache';
    const { type, text } = ASSETS[file];
    return c.body(text, 200, { 'Content-Type': type, 'Cache-Control': cacheControl });
  });
}
