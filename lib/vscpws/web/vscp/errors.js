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

// Codes of the server that are told apart here.
export const SYNTAX_ERROR = 1;
export const UNKNOWN_COMMAND = 2;
export const NO_ROOM = 3;
export const NO_MEMORY = 4;
export const NOT_AUTHORIZED = 5;
export const NOT_SENDING = 6;
export const NOT_ALLOWED = 7;
export const GENERAL_FAILURE = 10;
/** What a later try may not meet. */
export const BUSY = [NO_ROOM, NO_MEMORY, GENERAL_FAILURE];
/** What the user has no right to. */
export const FORBIDDEN = [NOT_SENDING, NOT_ALLOWED];

/** A refusal costs what it refuses, and nothing else. @param {Error} error @returns {null} */
export function unlessRefused(error) {
  if (!codeOf(error)) throw error;
  return null;
}

/** @param {unknown} error @returns {number} the server's code, or 0 */
export function codeOf(error) {
  return error instanceof VscpError ? error.code : 0;
}

/** @param {unknown} error @returns {string} */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** Why a login failed, for the person who tried. @param {unknown} error */
export function loginFailure(error) {
  return codeOf(error) === NOT_AUTHORIZED
    ? "User, password or key is wrong, or this user may not log in from here."
    : messageOf(error);
}
