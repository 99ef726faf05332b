// What can go wrong, with the protocol's numbers where the server said it.

/** A refusal by the server (`code` as in the protocol's table) or a failure here (`code` 0). */
export class VscpError extends Error {
  /** @param {string} message @param {number} [code] */
  constructor(message, code = 0) {
    super(message);
    this.name = "VscpError";
    this.code = code;
  }
}

// Codes of the server that a page tells apart.
export const NOT_AUTHORIZED = 5;
export const NOT_ALLOWED = 7;

/** Why a login failed, for the person who tried. @param {Error} error */
export function loginFailure(error) {
  return error.code === NOT_AUTHORIZED
    ? "User, password or key is wrong, or this user may not log in from here."
    : error.message;
}
