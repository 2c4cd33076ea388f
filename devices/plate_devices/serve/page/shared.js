// What several pages share.

export const $ = id => document.getElementById(id);

// Asks the device. Raises an Error with its reason; `status` is that of the answer.
export async function ask(path, options = {}) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(15000), ...options });
  if (answer.status === 401) location.reload();
  if (!answer.ok) {
    const reason = (await answer.json().catch(() => ({}))).error ?? `answer ${answer.status}`;
    throw Object.assign(new Error(reason), { status: answer.status });
  }
  return answer;
}

export const get = async path => (await ask(path)).json();

export const post = async (path, content) => (await ask(path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content),
})).json();

// Makes an element with a text, a class, and children.
export function element(kind, text = "", classes = "", ...children) {
  const made = document.createElement(kind);
  made.textContent = text;
  if (classes) made.className = classes;
  made.append(...children);
  return made;
}

export function button(text, act, label = "") {
  const made = element("button", text);
  made.type = "button";
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

// Says what happened, for eyes and for screen readers.
export function say(text, bad = false) {
  $("message").textContent = text;
  $("message").className = bad ? "bad" : "";
}

// Shows whether this browser may change something.
export function showAccess(state) {
  $("readonly").hidden = state.may_write;
  $("reason").textContent = state.read_only;
  document.body.classList.toggle("reading", !state.may_write);
}

export const localTime = time => time ? new Date(time).toLocaleString() : "";
