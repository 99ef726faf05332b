// An EventTarget whose events have details, by name.

/** @template {object} Details the details by the events' names */
export class Emitter extends EventTarget {
  /**
   * @template {keyof Details & string} Name
   * @param {Name} name
   * @param {Details[Name]} detail
   */
  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /**
   * Hear an event's details.
   * @template {keyof Details & string} Name
   * @param {Name} name
   * @param {function(Details[Name]): void} hear
   * @returns {function(): void} hear no more
   */
  on(name, hear) {
    const listener = (/** @type {Event} */ event) => {
      hear(/** @type {CustomEvent<Details[Name]>} */ (event).detail);
    };
    this.addEventListener(name, listener);
    return () => this.removeEventListener(name, listener);
  }
}
