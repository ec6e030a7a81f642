declare module "htmx.org/dist/htmx.esm.js" {
  interface Api {
    initSecurity(policy: unknown): void;
  }
  const htmx: { registerExtension(name: string, extension: { init(api: Api): void }): void };
  export default htmx;
}
