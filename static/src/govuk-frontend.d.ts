/** What the desk's page uses of govuk-frontend, which ships no types of its own. */
declare module "govuk-frontend" {
  type Component = { moduleName: string; new (root: Element, config?: object): object };
  export function createAll(component: Component, config?: object): object[];
  export const Button: Component;
  export const ErrorSummary: Component;
  export const NotificationBanner: Component;
  export const PasswordInput: Component;
  export const Radios: Component;
  export const SkipLink: Component;
}
