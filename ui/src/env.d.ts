/// <reference types="svelte" />
/// <reference types="vite/client" />

/** True in development and in the demo build; the production build drops everything behind it. */
declare const __DEMO__: boolean;
