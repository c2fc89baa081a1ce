// Providers a person can sign in with, and what has to be registered with each.

export type ProviderHelp = { id: string; name: string; hint: string };

// biome-ignore format: a table
export const PROVIDERS: readonly ProviderHelp[] = [
  { id: "google", name: "Google", hint: "In the Google Cloud console: a client of type “Desktop app” with the scope https://mail.google.com/. Google gives a client secret with it." },
  { id: "microsoft", name: "Microsoft", hint: "In Entra ID: an app registration with the platform “Mobile and desktop applications”, redirect http://localhost, and the permissions SMTP.Send, IMAP.AccessAsUser.All and offline_access. No secret." },
];

/** What a person calls a provider; one that is not known by the server its tokens come from. */
export function nameOf(provider: string): string {
  const known = PROVIDERS.find((each) => each.id === provider);
  if (known) return known.name;
  try {
    return new URL(provider).host;
  } catch {
    return provider;
  }
}
