// How the window is built and its tests run. Two pages: the window itself, and the replay page that tests open.
// Nothing is fetched from elsewhere: fonts and packages are bundled.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  base: './',
  clearScreen: false,
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 1200,
    // The replay page is served by the development server and built by the tests; the window does not carry it.
    rollupOptions: { input: 'index.html' },
  },
  server: { port: 5199, strictPort: true, host: '127.0.0.1' },
  test: { include: ['tests/**/*.test.ts'], environment: 'node', testTimeout: 30_000, resolveSnapshotPath: (path, ext) => path.replace('/tests/', '/tests/snapshots/') + ext },
});
