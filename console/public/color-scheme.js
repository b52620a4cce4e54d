// Sets the colour scheme before the first paint. A file of its own, because the CSP forbids inline scripts.
(function () {
  var kept = null;
  try {
    kept = localStorage.getItem("tapbot-color-scheme");
  } catch {
    // Storage may be forbidden: the system's scheme is used then.
  }
  var dark = kept === "dark" || (kept !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
