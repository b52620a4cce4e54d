// What is kept: in the browser if it allows that, else in this page only; and small things that all parts use.

export const base = location.pathname.replace(/\/+$/, "");
export const query = new URLSearchParams(location.search);
export const at = (id) => document.getElementById(id);
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** The site says who the visitor is. Whoever uses the browser next must find nothing of this chat in it. */
export const personal = query.has("identity");
const lasts = (key) => !personal || key === "lang";

const memory = new Map();
export const storage = {
  read(key) {
    if (!lasts(key)) return memory.get(key) ?? null;
    try { return localStorage.getItem(`tapbot${base}:${key}`) ?? memory.get(key) ?? null; } catch { return memory.get(key) ?? null; }
  },
  write(key, value) {
    memory.set(key, value);
    if (!lasts(key)) return;
    try { localStorage.setItem(`tapbot${base}:${key}`, value); } catch { /* private mode, or a site that forbids it */ }
  },
  drop(key) {
    memory.delete(key);
    try { localStorage.removeItem(`tapbot${base}:${key}`); } catch { /* as above */ }
  },
};
