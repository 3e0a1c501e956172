import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const backend = process.env.YUANJIAN_BACKEND ?? 'http://127.0.0.1:8080'

export default defineConfig({
  base: '/',
  plugins: [vue()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: { __VUE_I18N_FULL_INSTALL__: true, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: {
    outDir: '../src/yuanjian/platform/static/app',
    emptyOutDir: true,
    assetsInlineLimit: 0, // the content policy allows no data: URLs for scripts or fonts
    chunkSizeWarningLimit: 900,
  },
  server: { port: 5173, proxy: { '/api': backend } },
  test: { environment: 'happy-dom', include: ['tests/unit/**/*.test.ts'] },
})
