import { defineConfig } from 'vite';

export default defineConfig({
  base: '/-/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the page's policy allows no inline files
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
  },
  server: {
    // `npx vite` beside a `gyre serve`: pages from here, calls to there.
    proxy: {
      '/-/api': 'http://127.0.0.1:8080',
      '/-/session': 'http://127.0.0.1:8080',
      '/metrics': 'http://127.0.0.1:8080',
    },
  },
});
