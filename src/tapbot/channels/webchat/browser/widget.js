// The widget: one script tag places a round button and an iframe with the chat's page. Nothing else is touched.
// <script async src="https://HOST/chat/widget.js" data-bot="BOT" data-lang="ru" data-accent="#2559e0" data-side="right"
//   data-identity="JWT of your site: who the visitor is"></script>
(() => {
  const script = document.currentScript;
  const { bot, lang = "", accent = "#2559e0", side = "right", label = "Chat", identity } = script.dataset;
  if (!bot) {
    console.error("tapbot: the script tag of the chat needs data-bot");
    return;
  }
  const page = new URL(encodeURIComponent(bot), script.src);
  page.search = new URLSearchParams({ embed: "1", accent, ...(lang && { lang }), ...(identity && { identity: "1" }) });
  const edge = side === "left" ? "left" : "right";
  const style = (element, rules) => Object.assign(element.style, rules);

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  style(host, { all: "initial", position: "fixed", bottom: "0", [edge]: "0", zIndex: "2147483000" });

  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.setAttribute("aria-expanded", "false");
  style(button, {
    position: "fixed", bottom: "20px", [edge]: "20px", width: "60px", height: "60px", border: "0", borderRadius: "50%",
    background: accent, color: "#fff", cursor: "pointer", boxShadow: "0 8px 28px rgb(15 25 55 / 32%)", padding: "0",
  });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  style(svg, { width: "28px", height: "28px", verticalAlign: "middle", fill: "currentColor" });
  path.setAttribute("d", "M12 3C6.5 3 2 6.8 2 11.5c0 2.3 1.1 4.4 2.9 5.9-.1 1.3-.6 2.5-1.5 3.6 2 0 3.7-.7 5-1.7 1.1.4 2.3.6 3.6.6 5.5 0 10-3.8 10-8.4S17.500 3 12 3z");
  svg.append(path);
  const badge = document.createElement("span");
  badge.hidden = true;
  style(badge, {
    position: "absolute", top: "-2px", right: "-2px", minWidth: "20px", padding: "2px 5px", borderRadius: "10px", boxSizing: "border-box",
    background: "#d92d20", color: "#fff", font: "600 12px/16px system-ui, sans-serif",
  });
  button.append(svg, badge);

  let frame = null;
  let opened = false;
  function makeFrame() {
    frame = document.createElement("iframe");
    frame.title = label;
    frame.src = page.href;
    frame.allow = "clipboard-write";
    frame.addEventListener("load", tell);
    root.append(frame);
    fit();
  }
  function fit() {
    if (!frame) return;
    const small = window.innerWidth < 520;
    style(frame, {
      position: "fixed", border: "0", colorScheme: "light dark", display: opened ? "block" : "none",
      boxShadow: "0 18px 60px rgb(15 25 55 / 30%)", borderRadius: small ? "0" : "20px", background: "transparent",
      width: small ? "100%" : "400px", height: small ? "100%" : "min(660px, calc(100% - 116px))",
      bottom: small ? "0" : "96px", [edge]: small ? "0" : "20px",
    });
    button.style.display = small && opened ? "none" : "block";
  }
  function tell() {
    frame.contentWindow.postMessage({ tapbot: { opened, identity } }, page.origin); // never in an address, where logs would keep it
  }
  function toggle() {
    opened = !opened;
    badge.hidden = true;
    button.setAttribute("aria-expanded", String(opened));
    if (frame) tell();
    else makeFrame();
    fit();
    if (!opened) button.focus();
  }
  window.addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== page.origin) return;
    const { close, unread } = event.data?.tapbot ?? {};
    if (close && opened) toggle();
    badge.hidden = opened || !unread;
    badge.textContent = unread > 9 ? "9+" : String(unread ?? "");
  });
  window.addEventListener("resize", fit);
  button.addEventListener("click", toggle);
  root.append(button);
  (document.body ?? document.documentElement).append(host);
})();
