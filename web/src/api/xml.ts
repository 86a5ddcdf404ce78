export function parseXml(text: string): Element {
  return new DOMParser().parseFromString(text, 'application/xml').documentElement;
}

/** The elements of that name anywhere below. */
export function all(root: Element, name: string): Element[] {
  return [...root.getElementsByTagNameNS('*', name)];
}

export function first(root: Element, name: string): Element | null {
  return root.getElementsByTagNameNS('*', name)[0] ?? null;
}

/** The text of the first element of that name; '' where there is none. */
export function textOf(root: Element, name: string): string {
  return first(root, name)?.textContent ?? '';
}

/** The elements of that name right below. */
export function children(root: Element, name: string): Element[] {
  return [...root.children].filter((child) => child.localName === name);
}

/** IAM's lists: <Users><member>…</member></Users>. */
export function members(root: Element, name: string): Element[] {
  const list = first(root, name);
  return list ? children(list, 'member') : [];
}

export function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
