/** The one-time login link `/login?token=…`: the token leaves the address before anything is drawn. */

interface Address {
  pathname: string;
  search: string;
}

interface AddressHistory {
  replaceState: (data: unknown, unused: string, url: string) => void;
}

/** Take the token out of the address; `null` when it holds none. */
export function takeLinkToken(address: Address, history: AddressHistory): string | null {
  const search = new URLSearchParams(address.search);
  const token = search.get("token");
  if (address.pathname !== "/login" || !token) return null;
  search.delete("token");
  const rest = search.toString();
  history.replaceState(null, "", `/login${rest ? `?${rest}` : ""}`);
  return token;
}
