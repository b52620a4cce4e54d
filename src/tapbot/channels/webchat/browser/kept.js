// What is kept: in the browser if it allows that, else in this page only; and small things that all parts use.

export const base = location.pathname.replace(/\/+$/, "");
export const query = new URLSearchParams(location.search);
export const at = (id) => document.getElementById(id);
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const memory = new Map();
export const storage = {
  read(key) {
    try { return localStorage.getItem(`tapbot${base}:${key}`) ?? memory.get(key) ?? null; } catch { return memory.get(key) ?? null; }
  },
  write(key, value) {
    memory.set(key, value);
    try { localStorage.setItem(`tapbot${base}:${key}`, value); } catch { /* private mode, or a site that forbids it */ }
  },
  drop(key) {
    memory.delete(key);
    try { localStorage.removeItem(`tapbot${base}:${key}`); } catch { /* as above */ }
  },
};
