/** esbuild gathers the stylesheets that modules import. */
declare module '*.css';
