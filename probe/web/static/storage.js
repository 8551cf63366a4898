// What the browser keeps for us. Storage may be forbidden; then choices last as long as the page.

const memory = new Map();

export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return memory.get(name) ?? null;
  }
}

export function keep(name, text) {
  memory.set(name, text);
  try {
    localStorage.setItem(name, text);
  } catch {
    // memory has it
  }
}
