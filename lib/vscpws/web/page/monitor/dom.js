// The few helpers for the document. Whatever an event holds goes in as text, never as markup.

/** @param {string} id */
export const byId = (id) => document.getElementById(id);

/**
 * A new element.
 * @param {string} tag
 * @param {Object} [properties] properties of the element; names with a dash are attributes
 * @param {...(Node|string)} children texts become text nodes
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

/** Sets a text only where it changes: at many events a second most texts stay. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Calls `draw` in the next frame, once, however often it is asked for. */
export function eachFrame(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}

/** "just now", "12 s ago", "5 min ago". */
export function ago(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 2) return "just now";
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  return `${Math.round(seconds / 3600)} h ago`;
}
